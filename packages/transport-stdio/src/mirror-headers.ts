import { type Frame, headerValue, OmgError } from "@omg/core";

/** The headers in which a request of the modern era repeats its body (MCP 2026-07-28, streamable HTTP). */
export function mirrorHeaders({ head }: Frame): Record<string, string> {
  const { method = "", version = "" } = head;
  if (headerValue(method) !== method || headerValue(version) !== version) {
    throw new OmgError("invalid_request", { message: "HTTP can not carry this method or revision" });
  }
  const name = mirroredName(head);
  return {
    "mcp-protocol-version": version,
    "mcp-method": method,
    ...(name === undefined ? {} : { "mcp-name": headerValue(name) }),
  };
}

/** What tells requests of one method apart. Of tasks it is the id (SEP-2663). */
function mirroredName(head: Frame["head"]): string | undefined {
  if (head.method === "tools/call" || head.method === "prompts/get") return head.name;
  if (head.method === "resources/read") return head.uri;
  return head.method?.startsWith("tasks/") ? head.taskId : undefined;
}

import { type Frame, OmgError } from "@omg/core";

/** The headers in which a request of the modern era repeats its body (MCP 2026-07-28, streamable HTTP). */
export function mirrorHeaders({ head }: Frame): Record<string, string> {
  const { method = "", version = "" } = head;
  if (!isPlain(method) || !isPlain(version)) {
    throw new OmgError("invalid_request", { message: "HTTP can not carry this method or revision" });
  }
  const name = mirroredName(head);
  return {
    "mcp-protocol-version": version,
    "mcp-method": method,
    ...(name === undefined ? {} : { "mcp-name": encoded(name) }),
  };
}

/** What tells requests of one method apart. Of tasks it is the id (SEP-2663). */
function mirroredName(head: Frame["head"]): string | undefined {
  if (head.method === "tools/call" || head.method === "prompts/get") return head.name;
  if (head.method === "resources/read") return head.uri;
  return head.method?.startsWith("tasks/") ? head.taskId : undefined;
}

/** The value as a header can carry it, such that it is read back unchanged. */
function encoded(value: string): string {
  if (isPlain(value) && !/^=\?base64\?.*\?=$/.test(value)) return value;
  return `=?base64?${Buffer.from(value).toString("base64")}?=`;
}

/** Whether a header brings a text over as it is: visible ASCII, with spaces only inside. */
function isPlain(text: string): boolean {
  return /^(?:[\x21-\x7e](?:[\x20-\x7e]*[\x21-\x7e])?)?$/.test(text);
}

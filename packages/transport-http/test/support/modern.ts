import { accept, type Call, call } from "./http.ts";

export const version = "2026-07-28";

export const envelope = {
  "io.modelcontextprotocol/protocolVersion": version,
  "io.modelcontextprotocol/clientInfo": { name: "test", version: "1" },
  "io.modelcontextprotocol/clientCapabilities": {},
};

/** A request of the modern era. */
export function modernRequest(method: string, params: Record<string, unknown> = {}, id: string | number = 1) {
  return { jsonrpc: "2.0", id, method, params: { _meta: envelope, ...params } };
}

/** The headers that go with it. */
export function modernHeaders(method: string, name?: string): Record<string, string> {
  return {
    accept,
    "mcp-protocol-version": version,
    "mcp-method": method,
    ...(name === undefined ? {} : { "mcp-name": name }),
  };
}

/** A call of a tool, whole. */
export function modernCall(name: string, more: Record<string, unknown> = {}, id: string | number = 1) {
  return {
    headers: modernHeaders("tools/call", name),
    body: modernRequest("tools/call", { name, arguments: {}, ...more }, id),
  };
}

/** Sends a request of the modern era to an endpoint. */
export function ask(url: string, method: string, params: Record<string, unknown> = {}, more: Call = {}) {
  const headers = { ...modernHeaders(method), ...more.headers };
  return call(url, { headers, body: modernRequest(method, params) });
}

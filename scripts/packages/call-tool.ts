export interface ToolCall {
  /** Of the catalog. */
  readonly server: string;
  readonly name: string;
  readonly arguments: Readonly<Record<string, unknown>>;
}

/** Calls a tool of a gateway's server at an MCP endpoint. Rejects unless the answer holds a text. */
export async function callTool(url: string, call: ToolCall, expected: string): Promise<void> {
  const { server, ...params } = call;
  const answer = await fetch(url, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ jsonrpc: "2.0", id: 1, method: "tools/call", server_id: server, params }),
  });
  const text = await answer.text();
  if (!text.includes(expected)) throw new Error(`it answers ${text}`);
}

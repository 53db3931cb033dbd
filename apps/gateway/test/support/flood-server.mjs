// An MCP server over stdio whose one tool reports progress as fast as it can, in large pieces, until it is cancelled.
import { createInterface } from "node:readline";

const floods = new Set();
const padding = "x".repeat(100_000);
const send = (message) => process.stdout.write(`${JSON.stringify({ jsonrpc: "2.0", ...message })}\n`);

createInterface({ input: process.stdin })
  .on("line", (line) => receive(JSON.parse(line)))
  .on("close", () => process.exit());

function receive({ id, method, params = {} }) {
  if (method === "notifications/cancelled") {
    floods.delete(params.requestId);
    process.stderr.write(`cancelled, ${floods.size} left\n`);
  } else if (method === "initialize") {
    const { protocolVersion } = params;
    const serverInfo = { name: "flood", version: "1" };
    send({ id, result: { protocolVersion, capabilities: { tools: {} }, serverInfo } });
  } else if (method === "tools/list") {
    send({ id, result: { tools: [{ name: "flood", inputSchema: { type: "object" } }] } });
  } else if (method === "tools/call") {
    floods.add(id);
    pour(id, params._meta?.progressToken, 0);
  } else if (id !== undefined) {
    send({ id, error: { code: -32601, message: `no ${method}` } });
  }
}

function pour(id, progressToken, progress) {
  if (!floods.has(id)) return;
  const params = { progressToken, progress, message: padding };
  const taken = send({ method: "notifications/progress", params });
  const next = () => pour(id, progressToken, progress + 1);
  if (taken) setImmediate(next);
  else process.stdout.once("drain", next);
}

/**
 * An MCP server over stdio that writes down what it executes. Arguments: the file that each execution's value is added
 * to, its era (`legacy` or `modern`), its scope.
 *
 * Its one tool, `echo`, answers with the server's name and `value`; after `ms` milliseconds if told so, with `steps`
 * reports of progress on the way. A cancelled call is not answered, unless it is `stubborn`.
 */
import { openSync, writeSync } from "node:fs";
import { createInterface } from "node:readline";

const [executions, era, scope] = process.argv.slice(2);
const written = openSync(executions, "a");
const server = process.env.OMG_SERVER;
const underway = new Map();
/** On an instance of one session: the client that it is for. */
let owner;

createInterface({ input: process.stdin }).on("line", (line) => receive(JSON.parse(line)));
process.stdin.on("end", () => process.exit(0));

function send(message) {
  process.stdout.write(`${JSON.stringify({ jsonrpc: "2.0", ...message })}\n`);
}

function succeed(id, result) {
  send({ id, result: era === "modern" ? { resultType: "complete", ...result } : result });
}

function receive({ id, method, params }) {
  if (method === "tools/call") call(id, params);
  else if (method === "notifications/cancelled") cancel(params.requestId);
  else if (id === undefined) return;
  else if (results[method]) succeed(id, results[method](params));
  else send({ id, error: { code: -32601, message: `No ${method}` } });
}

const capabilities = { tools: {} };
const results = {
  ...(era === "modern"
    ? { "server/discover": () => ({ supportedVersions: ["2026-07-28"], capabilities }) }
    : {
        initialize: ({ protocolVersion }) => ({
          protocolVersion,
          capabilities,
          serverInfo: { name: "history", version: "1.0.0" },
        }),
      }),
  ping: () => ({}),
  "tools/list": () => ({ tools: [{ name: "echo", inputSchema: { type: "object" } }] }),
};

function call(id, { arguments: args, _meta }) {
  const { value, client, ms = 0, steps = 0, stubborn = false } = args;
  // Synchronous: whatever happens to this process from now on, it has run.
  writeSync(written, `${value}\n`);
  owner ??= client;
  const isForeign = scope === "session" && client !== owner;
  const text = isForeign ? `called by ${client} and by ${owner}` : `${server}:${value}`;
  const finish = () => {
    underway.delete(id);
    succeed(id, { content: [{ type: "text", text }] });
  };
  const after = (wait, action) => {
    const timer = setTimeout(action, wait);
    if (!stubborn) underway.set(id, timer);
  };
  // One after the other: timers that are late may fire in any order.
  const report = (step) => {
    progress(_meta?.progressToken, step, value);
    after(ms / steps, () => (step < steps ? report(step + 1) : finish()));
  };
  if (steps > 0) report(1);
  else if (ms > 0) after(ms, finish);
  else finish();
}

function progress(progressToken, step, message) {
  send({ method: "notifications/progress", params: { progressToken, progress: step, message } });
}

function cancel(id) {
  clearTimeout(underway.get(id));
  underway.delete(id);
}

import { once } from "node:events";
import { Agent, type IncomingMessage, request } from "node:http";
import { expect, onTestFinished, test } from "vitest";
import { RunningGateway, Sandbox } from "./support/omg.ts";

const clientCount = 50;
const callCount = 200;
const atOnce = 8;

/** Answers what it has got in another order than it came. */
const shuffling = `
const waiting = [];
const send = (message) => process.stdout.write(JSON.stringify({ jsonrpc: "2.0", ...message }) + "\\n");
const flush = () => {
  for (const { id, params } of waiting.splice(0).sort(() => Math.random() - 0.5))
    send({ id, result: { content: [{ type: "text", text: params.arguments.text }] } });
};
require("node:readline").createInterface({ input: process.stdin }).on("line", (line) => {
  const message = JSON.parse(line);
  const { id, method, params } = message;
  if (id === undefined) return;
  if (method === "tools/call") {
    if (waiting.push(message) >= 64) flush();
    else setTimeout(flush, 5);
    return;
  }
  const { protocolVersion } = params ?? {};
  if (method === "initialize")
    send({ id, result: { protocolVersion, capabilities: { tools: {} }, serverInfo: { name: "shuffling", version: "1" } } });
  else if (method === "tools/list") send({ id, result: { tools: [{ name: "echo", inputSchema: { type: "object" } }] } });
  else send({ id, error: { code: -32601, message: "no" } });
});`;

const revision = "2026-07-28";
const _meta = {
  "io.modelcontextprotocol/protocolVersion": revision,
  "io.modelcontextprotocol/clientInfo": { name: "storm", version: "1" },
  "io.modelcontextprotocol/clientCapabilities": {},
};

interface Reply {
  readonly headers: IncomingMessage["headers"];
  readonly text: string;
}

type Post = (path: string, headers: Record<string, string>, body: object) => Promise<Reply>;

function poster(url: string): Post {
  const agent = new Agent({ keepAlive: true, maxSockets: 64 });
  onTestFinished(() => agent.destroy());
  const { port } = new URL(url);
  const accept = "application/json, text/event-stream";
  return async (path, headers, body) => {
    const all = { "content-type": "application/json", accept, ...headers };
    const outgoing = request({ host: "127.0.0.1", port, path, method: "POST", agent, headers: all });
    outgoing.end(JSON.stringify(body));
    const [incoming] = (await once(outgoing, "response")) as [IncomingMessage];
    let text = "";
    for await (const chunk of incoming) text += chunk;
    return { headers: incoming.headers, text };
  };
}

/** A client's way to call the tool, in its era and at its endpoint. */
async function clientOf(post: Post, index: number): Promise<(id: number, text: string) => Promise<Reply>> {
  const onAggregate = index % 4 < 2;
  const path = onAggregate ? "/mcp" : "/servers/s/mcp";
  const name = onAggregate ? "s__echo" : "echo";
  const call = (id: number, text: string, more = {}) => ({
    jsonrpc: "2.0",
    id,
    method: "tools/call",
    params: { name, arguments: { text }, ...more },
  });
  if (index % 2 === 0) {
    const headers = { "mcp-protocol-version": revision, "mcp-method": "tools/call", "mcp-name": name };
    return (id, text) => post(path, headers, call(id, text, { _meta }));
  }
  const clientInfo = { name: "storm", version: "1" };
  const params = { protocolVersion: "2025-11-25", capabilities: {}, clientInfo };
  const opened = await post(path, {}, { jsonrpc: "2.0", id: 0, method: "initialize", params });
  const session = { "mcp-session-id": String(opened.headers["mcp-session-id"]) };
  return (id, text) => post(path, session, call(id, text));
}

test("50 clients of both eras with 200 calls each under the same ids get their own answers from one shared server", async () => {
  using sandbox = new Sandbox();
  const runtime = { type: "local-process", command: process.execPath, args: ["-e", shuffling] };
  const catalog = sandbox.write("catalog.yaml", { servers: [{ id: "s", runtime }] });
  await using gateway = await RunningGateway.start(sandbox, ["--catalog", catalog]);
  const post = poster(gateway.url);
  const mismatches: string[] = [];
  let answered = 0;
  const play = async (_: unknown, index: number) => {
    const call = await clientOf(post, index);
    const ids = Array.from({ length: callCount }, (_, at) => at + 1).sort(() => Math.random() - 0.5);
    const work = async () => {
      for (let id = ids.pop(); id !== undefined; id = ids.pop()) {
        const secret = `secret-of-${index}-${id}`;
        const { text } = await call(id, secret);
        answered++;
        const { id: answeredId, result } = JSON.parse(text);
        if (answeredId !== id || result?.content[0].text !== secret) mismatches.push(`${secret}: ${text}`);
      }
    };
    await Promise.all(Array.from({ length: atOnce }, work));
  };
  await Promise.all(Array.from({ length: clientCount }, play));
  expect(mismatches).toEqual([]);
  expect(answered).toBe(clientCount * callCount);
}, 120_000);

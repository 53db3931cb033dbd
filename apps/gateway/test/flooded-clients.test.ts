import { once } from "node:events";
import { type IncomingMessage, request } from "node:http";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { RunningGateway, Sandbox, scripted } from "./support/omg.ts";
import { residentBytesOf } from "./support/processes.ts";

const flood = {
  id: "flood",
  runtime: {
    type: "local-process",
    command: process.execPath,
    args: [fileURLToPath(new URL("./support/flood-server.mjs", import.meta.url))],
  },
};
const tool = "flood__flood";
const flooding = {
  jsonrpc: "2.0",
  id: 2,
  method: "tools/call",
  params: { name: tool, arguments: {}, _meta: { progressToken: "p" } },
};
const clientInfo = { name: "test", version: "1" };
const json = { "content-type": "application/json", accept: "application/json, text/event-stream" };

/** Sends a request and gives the head of its answer, of which nothing more is read. */
async function unread(url: string, headers: Record<string, string>, body?: object): Promise<IncomingMessage> {
  const method = body === undefined ? "GET" : "POST";
  const outgoing = request(url, { method, headers, agent: false });
  outgoing.on("error", () => {}).end(body && JSON.stringify(body));
  const [incoming] = (await once(outgoing, "response")) as [IncomingMessage];
  return incoming.on("error", () => {}).pause();
}

/** Have the flood called, and give what it comes over and the way to leave. */
const fronts: Record<string, (url: string) => Promise<[IncomingMessage, leave?: () => Promise<unknown>]>> = {
  async "with a session"(url) {
    const params = { protocolVersion: "2025-11-25", capabilities: {}, clientInfo };
    const init = await unread(`${url}/mcp`, json, { jsonrpc: "2.0", id: 1, method: "initialize", params });
    const headers = { ...json, "mcp-session-id": String(init.resume().headers["mcp-session-id"]) };
    const stream = await unread(`${url}/mcp`, headers, flooding);
    // Who only closes the stream may come back.
    return [stream, () => fetch(`${url}/mcp`, { method: "DELETE", headers })];
  },
  async "without a session"(url) {
    const modern = {
      "io.modelcontextprotocol/protocolVersion": "2026-07-28",
      "io.modelcontextprotocol/clientCapabilities": {},
    };
    const mirrored = { "mcp-protocol-version": "2026-07-28", "mcp-method": "tools/call", "mcp-name": tool };
    const { params } = flooding;
    const body = { ...flooding, params: { ...params, _meta: { ...params._meta, ...modern } } };
    return [await unread(`${url}/mcp`, { ...json, ...mirrored }, body)];
  },
  async "of 2024-11-05"(url) {
    const stream = await unread(`${url}/sse`, { accept: "text/event-stream" });
    const [first] = await once(stream.resume(), "data");
    const address = url + /data: (.*)/.exec(String(first))?.[1];
    const params = { protocolVersion: "2024-11-05", capabilities: {}, clientInfo };
    const answered = once(stream, "data");
    (await unread(address, json, { jsonrpc: "2.0", id: 1, method: "initialize", params })).resume();
    await answered;
    (await unread(address, json, flooding)).resume();
    return [stream.pause()];
  },
};

test.each(Object.entries(fronts))(
  "a client %s that does not read a flood costs little memory, and holds up nobody",
  async (_kind, open) => {
    using sandbox = new Sandbox();
    const servers = [flood, { id: "other", runtime: scripted() }];
    const catalog = sandbox.write("catalog.yaml", { servers });
    await using gateway = await RunningGateway.start(sandbox, ["--catalog", catalog]);
    await gateway.call("other", "echo");
    const { dropped_messages: before } = await gateway.json("/stats");
    const [stream, leave] = await open(gateway.url);
    const residentBytes = () => residentBytesOf(gateway.process.pid as number);
    const started = residentBytes();
    let most = 0;
    let dropped = 0;
    // 400 MB that nobody reads.
    while (dropped < 4_000) {
      expect(await gateway.call("other", "echo", { text: "on" })).toBe("on");
      dropped = Number((await gateway.json("/stats")).dropped_messages) - Number(before);
      most = Math.max(most, residentBytes());
    }
    expect((most - started) / 2 ** 20).toBeLessThan(120);
    stream.destroy();
    await leave?.();
    await gateway.logged("cancelled, 0 left");
  },
  60_000,
);

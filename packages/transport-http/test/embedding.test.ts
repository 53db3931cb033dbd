import { once } from "node:events";
import { Agent, createServer, request } from "node:http";
import type { Socket } from "node:net";
import {
  Client as ClientV2,
  SSEClientTransport as SseTransportV2,
  StreamableHTTPClientTransport as TransportV2,
} from "@modelcontextprotocol/client";
import { Client } from "@modelcontextprotocol/sdk/client/index.js";
import { SSEClientTransport } from "@modelcontextprotocol/sdk/client/sse.js";
import { StreamableHTTPClientTransport } from "@modelcontextprotocol/sdk/client/streamableHttp.js";
import type { Transport } from "@modelcontextprotocol/sdk/shared/transport.js";
import { describe, expect, it, onTestFinished } from "vitest";
import { coreGateway } from "./support/core-gateway.ts";
import { call, open, raw, readUntil } from "./support/http.ts";
import { version } from "./support/modern.ts";
import { type Embedding, embedded, programs } from "./support/programs.ts";

const info = { name: "test", version: "1" };

/** What connects to an address, and the endpoint that it is for. */
const clients = {
  "SDK 1.x": {
    endpoint: "mcp",
    connect: (url: URL) => connectV1(new StreamableHTTPClientTransport(url) as Transport),
  },
  "SDK 2.x": { endpoint: "mcp", connect: (url: URL) => connectV2(new TransportV2(url)) },
  "SDK 2.x without a session": {
    endpoint: "mcp",
    connect: (url: URL) => connectV2(new TransportV2(url), { pin: version }),
  },
  "SDK 1.x over HTTP+SSE": { endpoint: "sse", connect: (url: URL) => connectV1(new SSEClientTransport(url)) },
  "SDK 2.x over HTTP+SSE": { endpoint: "sse", connect: (url: URL) => connectV2(new SseTransportV2(url)) },
} as const;

async function connectV1(transport: Transport) {
  const client = new Client(info);
  onTestFinished(() => client.close());
  await client.connect(transport);
  return client;
}

async function connectV2(transport: Parameters<ClientV2["connect"]>[0], mode?: { pin: string }) {
  const client = new ClientV2(info, mode === undefined ? {} : { versionNegotiation: { mode } });
  onTestFinished(() => client.close());
  await client.connect(transport);
  return client;
}

describe.each(Object.entries(programs))("a gateway below /gateway in a program of %s", (_, program) => {
  const start = (more: Embedding = {}) => embedded({ ...program, ...more });

  it.each(Object.entries(clients))("serves a client of %s", async (_, { endpoint, connect }) => {
    const { gateway, events } = await coreGateway();
    const { url } = await start({ gateway });
    const all = await connect(new URL(`${url}/gateway/${endpoint}`));
    expect((await all.listTools()).tools.map(({ name }) => name)).toEqual(["pg__echo", "pg__slow"]);
    const one = await connect(new URL(`${url}/gateway/servers/pg/${endpoint}`));
    const result = await one.callTool({ name: "echo", arguments: { x: 1 } });
    expect(result.content).toEqual([{ type: "text", text: '{"x":1}' }]);
    expect(events).toContainEqual(
      expect.objectContaining({ type: "call-end", server: "pg", method: "tools/call" }),
    );
  });

  it("leaves the program's own routes alone, and its parser of bodies", async () => {
    const { url } = await start();
    await call(`${url}/gateway/stats`);
    expect((await call(`${url}/own`, { body: { a: [1] } })).json).toEqual({ got: { a: [1] } });
    const elsewhere = await call(`${url}/mcp`);
    expect([elsewhere.status, elsewhere.json]).toEqual([404, undefined]);
  });

  it("tells clients addresses that lead to it", async () => {
    const { url } = await start();
    for (const path of ["/gateway", "/gateway/servers/pg"]) {
      const event = await readUntil(await open(`${url}${path}/sse`), "endpoint");
      expect(event).toContain(`data: ${path}/messages?sessionId=`);
    }
  });

  it("answers for every path below, with every method", async () => {
    const { url, port } = await start();
    const nothing = await call(`${url}/gateway/nothing`);
    expect([nothing.status, nothing.json.message]).toEqual([404, "There is nothing at this path"]);
    expect((await call(`${url}/gateway/?x`)).status).toBe(404);
    const { status, headers } = await call(`${url}/gateway/health`, { method: "PUT" });
    expect([status, headers.allow]).toEqual([405, "GET, HEAD"]);
    const host = "Host: localhost\r\n";
    const twice = await raw(port, `GET /gateway/mcp HTTP/1.1\r\n${host}hOST: evil.com\r\n\r\n`);
    expect(twice.status).toBe(400);
  });

  it("can be MCP alone", async () => {
    const { url } = await start({ management: false });
    for (const path of ["health", "readyz", "servers", "servers/pg", "stats", "catalog/diff"]) {
      expect([path, (await call(`${url}/gateway/${path}`)).status]).toEqual([path, 404]);
    }
    const paths = ["mcp", "servers/pg/mcp", "sse", "messages", "rpc"];
    for (const path of paths) {
      const { status } = await call(`${url}/gateway/${path}`, { method: "PUT" });
      expect([path, status]).toEqual([path, 405]);
    }
  });
});

// Hono makes an answer of its own to HEAD.
it.each(["Express 5", "node:http"] as const)("a gateway in a program of %s answers HEAD", async (name) => {
  const { url } = await embedded(programs[name]);
  const head = async (path: string) => (await call(url + path, { method: "HEAD" })).status;
  expect([await head("/gateway/health"), await head("/gateway/nothing")]).toEqual([200, 404]);
});

it.each([0, 5_000])(
  "a gateway leaves no time limit of its own on a program's socket: %s",
  async (keepAlive) => {
    const { url, server } = await embedded();
    server.keepAliveTimeout = keepAlive;
    const agent = new Agent({ keepAlive: true });
    onTestFinished(() => agent.destroy());
    const answered = new Promise<Socket>((resolve) => {
      server.prependOnceListener("request", (incoming, outgoing) =>
        outgoing.once("close", () => resolve(incoming.socket)),
      );
    });
    const asked = request(`${url}/gateway/health`, { agent }).end();
    const [incoming] = await once(asked, "response");
    incoming.resume();
    const socket = await answered;
    expect(socket.destroyed).toBe(false);
    expect(socket.timeout === 0).toBe(keepAlive === 0);
    expect(socket.timeout).not.toBe(30_000);
  },
);

describe("the path that a gateway is mounted at", () => {
  it.each(["gateway", "/a b", "/a?b", "/a#b", "//a", "https://a.example/b"])(
    "is not %s",
    async (basePath) => {
      await expect(embedded({ basePath })).rejects.toMatchObject({ reason: "config_invalid" });
    },
  );

  it.each(["/", "/gateway/", "/a/gateway"])("may be %s", async (basePath) => {
    const { url } = await embedded({ program: (handle) => createServer(handle), basePath });
    const event = await readUntil(await open(`${url}${basePath.replace(/\/$/, "")}/sse`), "endpoint");
    expect(event).toContain(`data: ${basePath.replace(/\/$/, "")}/messages?`);
  });
});

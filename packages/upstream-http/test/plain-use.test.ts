import { createServer, type RequestListener } from "node:http";
import type { AddressInfo } from "node:net";
import { connectRaw } from "@omg/runtime-testkit";
import { Agent } from "undici";
import { expect, test } from "vitest";
import { type Advice, HttpClient, StreamableTransport } from "../src/index.ts";

test("a runtime needs an address and a dispatcher for a conversation", async () => {
  const methods: string[] = [];
  await using server = await serve(async (request, response) => {
    methods.push(request.method ?? "");
    if (request.method !== "POST") return void response.writeHead(405).end();
    const { id, method, params } = JSON.parse(Buffer.concat(await request.toArray()).toString());
    if (id === undefined) return void response.writeHead(202).end();
    const result = method === "initialize" ? introduction : { content: [params.arguments] };
    response.writeHead(200, { "content-type": "application/json", "mcp-session-id": "one" });
    response.end(JSON.stringify({ jsonrpc: "2.0", id, result }));
  });
  const client = await connectRaw(server.transport);
  await client.initialize();
  expect(await client.call("echo", { type: "text", text: "hi" })).toBe("hi");
  await server.transport.close();
  expect(methods.at(-1)).toBe("DELETE");
  expect(client.errors).toEqual([]);
});

test("a failure says what to do only in terms that its runtime brought", async () => {
  const refusing: RequestListener = (_request, response) => void response.writeHead(401).end();
  const said = async (advice?: Advice) => {
    await using server = await serve(refusing, advice);
    const client = await connectRaw(server.transport);
    const error = await client.initialize().catch((error: Error) => error);
    return String(error).replace(/.*\/mcp /, "");
  };
  expect(await said()).toBe("answered 401 Unauthorized; it wants a credential");
  const advice = { credential: "set the label mcp.token" };
  expect(await said(advice)).toBe(
    "answered 401 Unauthorized; it wants a credential; set the label mcp.token",
  );
});

const introduction = {
  protocolVersion: "2025-06-18",
  capabilities: { tools: {} },
  serverInfo: { name: "contained", version: "1" },
};

/** A server, and a transport to it as a runtime would make one. */
async function serve(listener: RequestListener, advice?: Advice) {
  const server = createServer(listener);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const dispatcher = new Agent();
  const transport = new StreamableTransport({
    url: new URL(`http://127.0.0.1:${(server.address() as AddressInfo).port}/mcp`),
    client: new HttpClient({ dispatcher, headers: {}, responseMs: 20_000, silenceMs: 20_000, advice }),
  });
  return {
    transport,
    async [Symbol.asyncDispose]() {
      await transport.close();
      await dispatcher.destroy();
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

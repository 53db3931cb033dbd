import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { describe, expect, it, onTestFinished } from "vitest";
import { httpContext } from "../src/context.ts";
import { legacyEndpoints } from "../src/legacy-sse.ts";
import { mcpEndpoint } from "../src/mcp-endpoint.ts";
import { admit, principalOf } from "../src/principal.ts";
import { Sessions } from "../src/sessions.ts";
import {
  accept,
  call,
  initializeRequest,
  open,
  openSession,
  readUntil,
  served,
  serverSide,
  toolCall,
} from "./support/http.ts";
import { StubGateway } from "./support/stub-gateway.ts";

/** The MCP routes behind a guard that knows many principals: by a header of the test's own. */
async function servedToMany() {
  const gateway = new StubGateway();
  const context = httpContext({ gateway });
  const sessions = new Sessions(context);
  const endpoints = { mcp: mcpEndpoint(context, sessions), ...legacyEndpoints(context, sessions) };
  const server = createServer((incoming, outgoing) => {
    admit(incoming, String(incoming.headers["x-principal"]));
    const name = /^\/(mcp|sse|messages)/.exec(incoming.url ?? "")?.[1] as keyof typeof endpoints;
    endpoints[name](incoming, outgoing, undefined);
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(async () => {
    await sessions.close();
    server.closeAllConnections();
    server.close();
  });
  return { gateway, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` };
}

describe("a session", () => {
  it("is unknown (404) to whoever has not opened it, and goes on", async () => {
    const { url, gateway } = await servedToMany();
    const headers = await openSession(`${url}/mcp`, "2025-11-25", { "x-principal": "ada" });
    const stranger = { ...headers, "x-principal": "eve" };
    const unknown = { ...headers, "mcp-session-id": "x".repeat(43) };
    const before = gateway.frames.length;
    for (const method of ["POST", "GET", "DELETE"]) {
      const body = method === "POST" ? toolCall(1, "echo") : undefined;
      const refused = await call(`${url}/mcp`, { method, headers: stranger, body });
      expect([method, refused.status]).toEqual([method, 404]);
      const { json } = await call(`${url}/mcp`, { method, headers: unknown, body });
      expect(refused.json.error.message).toBe(json.error.message);
    }
    expect(gateway.frames).toHaveLength(before);
    expect((await call(`${url}/mcp`, { headers, body: toolCall(1, "echo") })).status).toBe(200);
  });

  it("is so in the transport of 2024-11-05 too", async () => {
    const { url, gateway } = await servedToMany();
    const stream = await open(`${url}/sse`, { headers: { "x-principal": "ada" } });
    const address = url + /data: (.*)/.exec(await readUntil(stream, "endpoint"))?.[1];
    const body = initializeRequest("2024-11-05");
    expect((await call(address, { headers: { "x-principal": "eve" }, body })).status).toBe(404);
    expect(gateway.frames).toEqual([]);
    expect((await call(address, { headers: { "x-principal": "ada" }, body })).status).toBe(202);
  });
});

describe("the guard", () => {
  it("takes a key for the same principal however it is brought", async () => {
    const { url } = await served({ apiKey: "k" });
    const headers = await openSession(`${url}/mcp`, "2025-11-25", { authorization: "Bearer k" });
    const { authorization: _, ...others } = headers as Record<string, string>;
    const reply = await call(`${url}/mcp`, {
      headers: { ...others, "x-api-key": "k" },
      body: toolCall(1, "echo"),
    });
    expect(reply.status).toBe(200);
  });

  it.each([undefined, "k"])("notes one for every request, with the key %s", async (apiKey) => {
    const { url } = await served({ apiKey });
    const response = serverSide("POST", "/mcp?x");
    await call(`${url}/mcp?x`, { headers: { accept, "x-api-key": "k" }, body: initializeRequest() });
    expect(principalOf((await response).req)).toBe(apiKey === undefined ? "anybody" : "key");
  });

  it("lets nothing pass that it has not seen", () => {
    expect(() => principalOf({} as Parameters<typeof principalOf>[0])).toThrow("past the guard");
  });
});

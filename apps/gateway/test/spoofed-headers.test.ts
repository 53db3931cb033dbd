import type { IncomingHttpHeaders } from "node:http";
import { describe, expect, test } from "vitest";
import { listener, traced } from "./support/traced.ts";

const spoofed = Object.fromEntries(
  [
    ..."authorization proxy-authorization cookie x-api-key x-user x-user-id x-remote-user remote-user x-forwarded-user".split(
      " ",
    ),
    ..."x-forwarded-for x-forwarded-host x-forwarded-proto x-forwarded-email x-real-ip forwarded via x-original-url".split(
      " ",
    ),
    ..."x-rewrite-url x-authenticated-user x-auth-request-user x-webauth-user x-amzn-oidc-identity cf-connecting-ip".split(
      " ",
    ),
    ..."x-mcp-proxy-auth mcp-init-host router-key x-principal x-tenant x-admin x-session-owner traceparent".split(
      " ",
    ),
  ].map((name) => [name, `spoofed-${name}`]),
);

describe("headers that claim to be somebody", () => {
  test("reach no remote server, by any form of a call, and say nothing of who calls", async () => {
    const seen: IncomingHttpHeaders[] = [];
    const far = await listener((request, response) => {
      seen.push(request.headers);
      let body = "";
      request.on("data", (chunk) => {
        body += chunk;
      });
      request.on("end", () => {
        const { id, method, params } = body === "" ? {} : JSON.parse(body);
        if (id === undefined) {
          response.writeHead(request.method === "POST" ? 202 : 405).end();
          return;
        }
        const introduction = {
          protocolVersion: params?.protocolVersion,
          capabilities: { tools: {} },
          serverInfo: { name: "far", version: "1" },
        };
        const result =
          method === "initialize" ? introduction : method === "tools/list" ? { tools: [] } : { content: [] };
        response.writeHead(200, { "content-type": "application/json" });
        response.end(JSON.stringify({ jsonrpc: "2.0", id, result }));
      });
    });
    const remote = {
      id: "far",
      era: "legacy",
      runtime: { type: "remote-sse", url: `${far}/mcp`, allow_private_network: true },
    };
    const key = "a-key-of-the-gateway";
    const { gateway } = await traced({ MCP_GATEWAY_API_KEY: key }, [remote]);
    const accept = "application/json, text/event-stream";
    const send = async (path: string, body: object, headers: Record<string, string>) => {
      const init = { method: "POST", headers: { "content-type": "application/json", accept, ...headers } };
      const answer = await fetch(gateway.url + path, {
        ...init,
        body: JSON.stringify({ jsonrpc: "2.0", id: 1, ...body }),
      });
      await answer.text();
      return answer;
    };
    // Without the key, being somebody does not help.
    expect((await send("/mcp", { server_id: "far", method: "tools/list" }, spoofed)).status).toBe(403);
    const mine = { ...spoofed, authorization: `Bearer ${key}` };
    const tool = { method: "tools/call", params: { name: "x", arguments: {} } };
    const modern = { "mcp-protocol-version": "2026-07-28", "mcp-method": "tools/call", "mcp-name": "x" };
    const _meta = {
      "io.modelcontextprotocol/protocolVersion": "2026-07-28",
      "io.modelcontextprotocol/clientInfo": { name: "t", version: "1" },
      "io.modelcontextprotocol/clientCapabilities": {},
    };
    expect((await send("/mcp", { server_id: "far", ...tool }, mine)).status).toBe(200);
    expect((await send("/rpc", tool, { ...mine, "x-server-id": "far" })).status).toBe(200);
    const clientInfo = { name: "t", version: "1" };
    const initialize = {
      method: "initialize",
      params: { protocolVersion: "2025-11-25", capabilities: {}, clientInfo },
    };
    const opened = await send("/servers/far/mcp", initialize, mine);
    const session = { "mcp-session-id": opened.headers.get("mcp-session-id") ?? "" };
    expect((await send("/servers/far/mcp", tool, { ...mine, ...session })).status).toBe(200);
    const modernTool = { ...tool, params: { ...tool.params, _meta } };
    expect((await send("/servers/far/mcp", modernTool, { ...mine, ...modern })).status).toBe(200);
    // Whoever calls with the key is one principal, so the session is known whatever the headers claim.
    const plain = { "x-api-key": key, ...session };
    expect((await send("/servers/far/mcp", tool, plain)).status).toBe(200);
    expect(seen.length).toBeGreaterThan(5);
    const told = seen
      .flatMap((headers) => Object.entries(headers))
      .filter(([name, value]) => {
        return name in spoofed || String(value).includes("spoofed") || String(value).includes(key);
      });
    expect(told).toEqual([]);
  }, 60_000);
});

import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { createServer, type IncomingMessage, request, type Server } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import express from "express";
import { describe, expect, it, onTestFinished } from "vitest";
import { createHttpHandler, type HandlerOptions, type HttpEvent, type HttpHandler } from "../src/index.ts";
import { accept, call, initializeRequest, openSession, readReply, toolCall } from "./support/http.ts";
import { embedded, type Program } from "./support/programs.ts";
import { StubGateway } from "./support/stub-gateway.ts";

/** A program whose sockets say that they have this address of their own. */
function reachedAt(address: string | undefined): Program {
  return (handle) =>
    createServer(handle).on("connection", (socket) => {
      Object.defineProperty(socket, "localAddress", { value: address });
    });
}

const byHeader = ({ headers }: IncomingMessage) => headers["x-user"] as string | undefined;
const initialize = { headers: { accept }, body: initializeRequest() };

describe("a gateway in a program, as to whom it serves", () => {
  it.each(["127.0.0.1", "127.8.0.1", "::1", "::ffff:127.0.0.1"])(
    "serves anybody who comes over %s, without a credential",
    async (address) => {
      const { url } = await embedded({ program: reachedAt(address) });
      expect((await call(`${url}/mcp`, initialize)).status).toBe(200);
    },
  );

  it.each(["192.0.2.1", "2001:db8::1", "::ffff:192.0.2.1", undefined])(
    "refuses whoever comes over %s, without a credential",
    async (address) => {
      const { url, front } = await embedded({ program: reachedAt(address) });
      for (const path of ["mcp", "health", "nothing"]) {
        const { status, json } = await call(`${url}/${path}`);
        expect([path, status]).toEqual([path, 403]);
        expect(json.message).toContain("must give it apiKey or principal");
      }
      expect(front.counters().refused).toBe(3);
    },
  );

  it.each<[string, Partial<HandlerOptions>, Record<string, string>]>([
    ["the key", { apiKey: "k" }, { "x-api-key": "k" }],
    ["what the program says", { principal: byHeader }, { "x-user": "ada" }],
  ])("serves others by %s, and nobody without", async (_, options, headers) => {
    const { url } = await embedded({ program: reachedAt("192.0.2.1"), ...options });
    expect((await call(`${url}/mcp`, { ...initialize, headers: { accept, ...headers } })).status).toBe(200);
    const refused = await call(`${url}/mcp`, initialize);
    expect([refused.status, refused.headers["www-authenticate"]]).toEqual([401, "Bearer"]);
    expect((await call(`${url}/servers`)).status).toBe(401);
    expect((await call(`${url}/health`)).status).toBe(200);
  });

  it("takes a unix socket for one that anybody may be behind", async () => {
    const folder = mkdtempSync(join(tmpdir(), "omg-embedding-"));
    onTestFinished(() => rmSync(folder, { recursive: true }));
    for (const [options, status] of [[{}, 403] as const, [{ principal: () => "proxy" }, 200] as const]) {
      const socketPath = join(folder, String(status));
      const front = createHttpHandler({ gateway: new StubGateway(), ...options });
      const server: Server = createServer(front.handle).listen(socketPath);
      await once(server, "listening");
      onTestFinished(async () => {
        await front[Symbol.asyncDispose]();
        server.close();
      });
      const outgoing = request({
        socketPath,
        path: "/stats",
        headers: { host: "localhost" },
        agent: false,
      }).end();
      const [incoming] = (await once(outgoing, "response")) as [IncomingMessage];
      expect((await readReply(incoming)).status).toBe(status);
    }
  });

  it("finds a session for whoever has opened it only", async () => {
    const { url } = await embedded({ principal: byHeader });
    const headers = await openSession(`${url}/gateway/mcp`, "2025-11-25", { "x-user": "ada" });
    const body = toolCall(1, "echo");
    const stranger = { ...headers, "x-user": "eve" };
    expect((await call(`${url}/gateway/mcp`, { headers: stranger, body })).status).toBe(404);
    expect((await call(`${url}/gateway/mcp`, { headers, body })).status).toBe(200);
  });

  it("answers 500 when the program can not say who it is, and tells why", async () => {
    const events: HttpEvent[] = [];
    const error = new Error("no database");
    const principal = () => {
      throw error;
    };
    const onEvent = (event: HttpEvent) => {
      events.push(event);
      throw new Error("a listener that fails");
    };
    const { url } = await embedded({ principal, onEvent });
    const { status, json, text } = await call(`${url}/gateway/mcp`, initialize);
    expect([status, json.reason, text.includes("no database")]).toEqual([500, "internal", false]);
    expect(events).toEqual([{ type: "http-error", error }]);
  });

  it("tells a program that wants to say later who it is that it can not", async () => {
    const { url } = await embedded({ principal: (async () => "ada") as unknown as () => string });
    const { status, json } = await call(`${url}/gateway/mcp`, initialize);
    expect([status, json.reason, json.message]).toEqual([
      500,
      "config_invalid",
      expect.stringContaining("at once"),
    ]);
  });

  it.each<[string, Partial<HandlerOptions>, string]>([
    ["names beyond this machine without a credential", { allowedHosts: ["a.example:443"] }, "unsafe_bind"],
    ["both a key and a function", { apiKey: "k", principal: byHeader }, "config_invalid"],
    ["an empty key", { apiKey: "" }, "config_invalid"],
    ["a name that is none", { apiKey: "k", allowedHosts: ["a/b"] }, "config_invalid"],
    ["an origin that is none", { corsOrigins: ["a.example"] }, "config_invalid"],
  ])("is not made with %s", (_, options, reason) => {
    expect(() => createHttpHandler({ gateway: new StubGateway(), ...options })).toThrow(
      expect.objectContaining({ reason }),
    );
  });
});

describe("a gateway in a program, as to names and pages", () => {
  const status = async (url: string, headers: Record<string, string>) =>
    (await call(`${url}/mcp`, { ...initialize, headers: { accept, ...headers } })).status;

  it("answers to names of this machine, and others that it is told", async () => {
    const key = { "x-api-key": "k" };
    const { url } = await embedded({
      program: reachedAt("192.0.2.1"),
      apiKey: "k",
      allowedHosts: ["a.example"],
    });
    expect(await status(url, { host: "a.example", ...key })).toBe(200);
    expect(await status(url, { host: "localhost", ...key })).toBe(200);
    expect(await status(url, { host: "192.0.2.1", ...key })).toBe(403);
    expect(await status(url, { host: "a.example.evil.com", ...key })).toBe(403);
    const { url: wide } = await embedded({ program: reachedAt("0.0.0.0"), apiKey: "k" });
    expect(await status(wide, { host: "a.example", ...key })).toBe(403);
  });

  it("lets in pages of this machine when reached over it, and others that it is told", async () => {
    const key = { "x-api-key": "k" };
    const corsOrigins = ["https://a.example"];
    for (const [address, own] of [["127.0.0.1", 200] as const, ["192.0.2.1", 403] as const]) {
      const { url } = await embedded({ program: reachedAt(address), apiKey: "k", corsOrigins });
      expect(await status(url, { origin: "http://localhost:5173", ...key })).toBe(own);
      expect(await status(url, { origin: "https://a.example", ...key })).toBe(200);
      expect(await status(url, { origin: "https://b.example", ...key })).toBe(403);
      expect(await status(url, { "sec-fetch-site": "cross-site", ...key })).toBe(403);
    }
  });
});

describe("a body that somebody has read before", () => {
  const parsing: Program = (handle: HttpHandler["handle"]) =>
    createServer(express().use(express.json()).use("/gateway", handle));

  it("is told of, by every route that reads one", async () => {
    const { url } = await embedded({ program: parsing });
    for (const path of ["mcp", "servers/pg/mcp", "rpc", "catalog/diff"]) {
      const headers = { accept, "x-server-id": "pg" };
      const { status, text } = await call(`${url}/gateway/${path}`, { headers, body: initializeRequest() });
      expect([path, status]).toEqual([path, 500]);
      expect(text).toContain("hand requests to the gateway before express.json()");
      expect(text).not.toContain("-32603");
    }
  });

  it("harms nobody who sends none", async () => {
    const { url } = await embedded({ program: parsing });
    expect((await call(`${url}/gateway/servers`)).status).toBe(200);
    expect((await call(`${url}/gateway/servers/pg/start`, { method: "POST" })).status).toBe(200);
  });
});

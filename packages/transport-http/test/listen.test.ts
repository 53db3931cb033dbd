import { once } from "node:events";
import type { Server } from "node:http";
import { connect, createServer } from "node:net";
import { describe, expect, it, onTestFinished, vi } from "vitest";
import { httpContext } from "../src/context.ts";
import { checkServeOptions, serveHttp } from "../src/index.ts";
import { serverSettings } from "../src/limits.ts";
import { addressOf, close, listenAll } from "../src/listen.ts";
import { call, connectRaw, open, openSession, raw, readReply, served, toolCall } from "./support/http.ts";
import { StubGateway } from "./support/stub-gateway.ts";

describe("listening", () => {
  it("on localhost means both loopback addresses, on one port", async () => {
    const { front } = await served({ listen: [{ host: "localhost", port: 0 }] });
    const [v4, v6] = front.addresses;
    expect(v4?.host).toBe("127.0.0.1");
    expect(v4?.port).toBeGreaterThan(0);
    expect((await call(`http://127.0.0.1:${v4?.port}/health`)).status).toBe(200);
    if (v6 === undefined) return;
    expect(v6).toEqual({ host: "::1", port: v4?.port });
    expect((await call(`http://[::1]:${v6.port}/health`)).status).toBe(200);
  });

  it("on a taken port is refused by name, and leaves nothing listening", async () => {
    const taken = createServer().listen(0, "127.0.0.1");
    onTestFinished(() => void taken.close());
    await once(taken, "listening");
    const { port } = taken.address() as { port: number };
    const probe = createServer().listen(0, "127.0.0.1");
    await once(probe, "listening");
    const free = (probe.address() as { port: number }).port;
    await new Promise((resolve) => probe.close(resolve));
    const listen = [
      { host: "127.0.0.1", port: free },
      { host: "127.0.0.1", port },
    ];
    await expect(serveHttp({ gateway: new StubGateway(), listen })).rejects.toMatchObject({
      reason: "port_in_use",
      message: `Cannot listen on 127.0.0.1:${port}: another process does. Stop it, or choose another port`,
    });
    const again = await serveHttp({
      gateway: new StubGateway(),
      listen: [{ host: "127.0.0.1", port: free }],
    });
    await again[Symbol.asyncDispose]();
  });

  it.each(["0.0.0.0", "::", "", "192.0.2.1", "gateway.example.org", "[::]"])(
    "on %j without a key is refused before anything listens",
    async (host) => {
      const listen = [
        { host: "127.0.0.1", port: 0 },
        { host, port: 0 },
      ];
      await expect(serveHttp({ gateway: new StubGateway(), listen })).rejects.toMatchObject({
        reason: "unsafe_bind",
        message: expect.stringMatching(/without a key: set api_key, or listen on localhost/),
      });
    },
  );

  it("with an empty key is refused", async () => {
    const options = { gateway: new StubGateway(), listen: [{ host: "0.0.0.0", port: 0 }], apiKey: "" };
    await expect(serveHttp(options)).rejects.toMatchObject({ reason: "config_invalid" });
  });

  it("on an address that is not this machine's is refused", async () => {
    const options = { gateway: new StubGateway(), listen: [{ host: "192.0.2.1", port: 0 }], apiKey: "k" };
    await expect(serveHttp(options)).rejects.toMatchObject({ reason: "config_invalid" });
  });

  it("with an allowed host that is none is refused", async () => {
    const options = {
      gateway: new StubGateway(),
      listen: [{ host: "localhost", port: 0 }],
      allowedHosts: ["a/b"],
    };
    await expect(serveHttp(options)).rejects.toMatchObject({ reason: "config_invalid" });
  });
});

describe("the server", () => {
  it("leaves no limit to Node's defaults", async () => {
    const options = { context: httpContext({ gateway: new StubGateway() }), listener: () => {} };
    const servers = await listenAll([{ host: "127.0.0.1", port: 0 }], options);
    onTestFinished(async () => void (await Promise.all(servers.map(close))));
    expect(servers[0]).toMatchObject({
      headersTimeout: 10_000,
      requestTimeout: 30_000,
      keepAliveTimeout: 65_000,
      timeout: 30_000,
      maxHeadersCount: 101,
    });
    expect(serverSettings.connectionsCheckingInterval).toBe(1_000);
  });

  it("takes a connection that has not asked yet for no reader that stalls", async () => {
    const context = httpContext({ gateway: new StubGateway(), limits: { stallMs: 20 } });
    const [server] = await listenAll([{ host: "127.0.0.1", port: 0 }], { context, listener: () => {} });
    onTestFinished(async () => void (await close(server as Server)));
    const connected = once(server as Server, "connection");
    const client = connect(addressOf(server as Server).port, "127.0.0.1");
    onTestFinished(() => void client.destroy());
    const [socket] = await connected;
    expect(socket.timeout).toBe(0);
  });

  it("refuses a head over 16 KiB", async () => {
    const { port } = await served();
    const { status } = await raw(
      port,
      `GET /health HTTP/1.1\r\nHost: localhost\r\nX: ${"x".repeat(17_000)}\r\n\r\n`,
    );
    expect(status).toBe(431);
  });
});

describe("leaving", () => {
  it("waits for core no longer than five seconds", async () => {
    const { url, gateway, front } = await served();
    const headers = await openSession(`${url}/mcp`);
    const stream = await open(`${url}/mcp`, { headers });
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
    onTestFinished(() => void vi.useRealTimers());
    gateway.session.close = () => new Promise(() => {});
    const gone = front[Symbol.asyncDispose]();
    await readReply(stream);
    await vi.advanceTimersByTimeAsync(5_000);
    await gone;
    expect(gateway.sessions).toHaveLength(1);
  });

  it("ends open streams, waiting calls and idle connections", async () => {
    const { url, gateway, front, port } = await served();
    const headers = await openSession(`${url}/mcp`);
    const stream = readReply(await open(`${url}/mcp`, { headers }));
    const arrived = gateway.next("tools/call");
    const waiting = call(`${url}/mcp`, { headers, body: toolCall(1, "slow") });
    await arrived;
    const idle = connectRaw(port);
    await once(idle, "connect");
    const closed = once(idle, "close");
    await front[Symbol.asyncDispose]();
    expect((await waiting).json.error.data.reason).toBe("cancelled");
    expect((await stream).status).toBe(200);
    await closed;
    await gateway.session.closed;
    await expect(call(`${url}/health`)).rejects.toMatchObject({ code: "ECONNREFUSED" });
    await front[Symbol.asyncDispose]();
  });

  it("drains first: readiness at once, then the answers, then the streams", async () => {
    const { url, gateway, front, port } = await served();
    const headers = await openSession(`${url}/mcp`);
    const stream = readReply(await open(`${url}/mcp`, { headers }));
    const arrived = gateway.next("tools/call");
    const waiting = call(`${url}/mcp`, { headers, body: toolCall(1, "slow") });
    await arrived;
    let drained = false;
    const draining = front.drain().then(() => {
      drained = true;
    });
    const ready = await raw(port, "GET /readyz HTTP/1.1\r\nHost: localhost\r\n\r\n");
    expect([ready.status, drained]).toEqual([503, false]);
    expect(ready.text).toContain("connection: close");
    await gateway.session.transport.send({ jsonrpc: "2.0", id: 1, result: {} });
    expect((await waiting).status).toBe(200);
    await draining;
    expect((await stream).text).toBe("");
  });
});

describe("options", () => {
  const local = { listen: [{ host: "localhost", port: 0 }] };

  it.each([
    [{ listen: [{ host: "0.0.0.0", port: 0 }] }, "unsafe_bind"],
    [{ ...local, allowedHosts: ["http://a"] }, "config_invalid"],
    [{ ...local, corsOrigins: ["a.example.com"] }, "config_invalid"],
    [{ ...local, corsOrigins: ["https://a.example.com/"] }, "config_invalid"],
  ])("that can not be served are refused before anything listens: %j", (options, reason) => {
    expect(() => checkServeOptions(options)).toThrow(expect.objectContaining({ reason }));
  });

  it("that can be served are fine", () => {
    checkServeOptions({
      ...local,
      allowedHosts: ["a.example.com"],
      corsOrigins: ["*", "https://a.example.com"],
    });
  });
});

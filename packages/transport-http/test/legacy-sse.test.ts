import type { IncomingMessage } from "node:http";
import { notificationFrame, OmgError, requestFrame, resultFrame } from "@omg/core";
import { describe, expect, it, vi } from "vitest";
import {
  accept,
  call,
  cut,
  eventsOf,
  initializeRequest,
  open,
  openSession,
  readReply,
  readUntil,
  served,
  serverSide,
  toolCall,
} from "./support/http.ts";

const EVENT_STREAM = { headers: { accept: "text/event-stream" } };

/** Opens the stream, and gives the address for messages. */
async function begin(url: string, path = "/sse"): Promise<{ stream: IncomingMessage; address: string }> {
  const stream = await open(url + path, EVENT_STREAM);
  const text = await readUntil(stream, "endpoint");
  const data = /^event: endpoint\ndata: (\S+)\n\n$/.exec(text)?.[1];
  return { stream, address: `${url}${data}` };
}

describe("GET /sse", () => {
  it("brings a path to post to, whatever the Host", async () => {
    const { url, gateway } = await served();
    const response = await open(`${url}/sse`, EVENT_STREAM);
    expect([response.statusCode, response.headers["content-type"]]).toEqual([200, "text/event-stream"]);
    const text = await readUntil(response, "endpoint");
    expect(text).toMatch(/^event: endpoint\ndata: \/messages\?sessionId=[\w-]{43}\n\n$/);
    expect(gateway.session.options).toEqual({ server: undefined });
  });

  it("does so for one server", async () => {
    const { url, gateway } = await served();
    const { stream, address } = await begin(url, "/servers/p%67/sse");
    expect(address).toMatch(/\/servers\/pg\/messages\?sessionId=[\w-]{43}$/);
    expect(gateway.session.options).toEqual({ server: "pg" });
    expect((await call(address, { body: initializeRequest("2024-11-05") })).status).toBe(202);
    expect(eventsOf(await readUntil(stream, "stub"))).toMatchObject([{ id: 0 }]);
  });

  it("is refused for what is not there or not allowed", async () => {
    const { url, gateway, front } = await served();
    for (const [path, method, headers, status] of [
      ["/servers/nope/sse", "GET", {}, 404],
      ["/sse", "GET", { accept: "application/json" }, 406],
      ["/sse", "GET", { "mcp-protocol-version": "1.0" }, 400],
      ["/sse", "POST", {}, 405],
      ["/sse", "HEAD", {}, 405],
      ["/servers/pg/sse", "DELETE", {}, 405],
    ] as const) {
      const reply = await call(url + path, { method, headers });
      expect([path, method, reply.status]).toEqual([path, method, status]);
      if (status === 405) expect(reply.headers.allow).toBe("GET");
    }
    expect(gateway.sessions).toEqual([]);
    expect(front.counters()).toMatchObject({ sessions: 0, streams: 0 });
  });

  it("is limited in number together with all event streams, and in sessions", async () => {
    const { url } = await served({ limits: { streams: 1 } });
    await begin(url);
    const refused = await call(`${url}/sse`, EVENT_STREAM);
    expect([refused.status, refused.headers["retry-after"]]).toEqual([429, "30"]);
    const headers = await openSession(`${url}/mcp`);
    expect((await call(`${url}/mcp`, { method: "GET", headers })).status).toBe(429);
    const few = await served({ limits: { sessions: 1 } });
    await begin(few.url);
    expect((await call(`${few.url}/sse`, EVENT_STREAM)).status).toBe(503);
  });

  it("that core does not take is refused, and leaves nothing", async () => {
    const { url, gateway, front } = await served();
    gateway.failure = new OmgError("draining", { message: "Not now" });
    expect((await call(`${url}/sse`, EVENT_STREAM)).status).toBe(503);
    expect(front.counters()).toMatchObject({ sessions: 0, streams: 0 });
  });

  it("gives signs of life", async () => {
    const { url } = await served({ limits: { keepAliveMs: 5 } });
    const { stream } = await begin(url);
    await readUntil(stream, ": keepalive\n\n");
    await readUntil(stream, ": keepalive\n\n");
  });

  it("is cut off when its reader does not read", async () => {
    const events: unknown[] = [];
    const { url, gateway } = await served({
      limits: { stallMs: 20, queueBytes: 1_000 },
      onEvent: (event) => events.push(event),
    });
    const { stream } = await begin(url);
    stream.on("error", () => {}).pause();
    const text = "x".repeat(100_000);
    for (let id = 0; id < 100; id++) await gateway.session.send(requestFrame(id, "roots/list", { text }));
    await gateway.session.closed;
    expect(events).toMatchObject([{ type: "http-stream-stalled" }]);
  });
});

describe("POST /messages", () => {
  it("is accepted, and everything comes over the stream", async () => {
    const { url, gateway, front } = await served();
    const { stream, address } = await begin(url);
    const posts = [initializeRequest("2024-11-05"), toolCall("a", "chatty", { x: "é" })];
    for (const body of posts) {
      const reply = await call(address, { body });
      expect([reply.status, reply.text]).toEqual([202, ""]);
    }
    await gateway.session.send(requestFrame(5, "roots/list"));
    await gateway.session.send(notificationFrame("notifications/tools/list_changed"));
    const text = await readUntil(stream, "list_changed");
    expect(eventsOf(text)).toMatchObject([
      { id: 0, result: { protocolVersion: "2024-11-05" } },
      { method: "notifications/progress" },
      { id: "a" },
      { id: 5 },
      { method: "notifications/tools/list_changed" },
    ]);
    // The browser's EventSource would come back with an id, and expect its session.
    expect(text).not.toContain("id: ");
    const answer = await call(address, { body: { jsonrpc: "2.0", id: 5, result: { roots: [] } } });
    expect(answer.status).toBe(202);
    expect(gateway.frames.at(-1)?.head).toEqual({ kind: "result", id: 5 });
    expect(front.counters()).toMatchObject({ sessions: 1, streams: 1, waiting: 0, droppedFrames: 0 });
  });

  it("is refused when it is not one message of a session of this endpoint", async () => {
    const { url, gateway } = await served();
    const { address } = await begin(url);
    const streamable = await openSession(`${url}/mcp`);
    const before = gateway.frames.length;
    const query = new URL(address).search;
    const body = toolCall(1, "echo");
    const form = { "content-type": "application/x-www-form-urlencoded" };
    for (const [target, options, status] of [
      [`${url}/messages`, { body }, 400],
      [`${url}/messages?sessionId=`, { body }, 400],
      [`${url}/messages?sessionId=${"x".repeat(43)}`, { body }, 404],
      [`${url}/messages?sessionId=${streamable["mcp-session-id"]}`, { body }, 404],
      [`${url}/servers/pg/messages${query}`, { body }, 404],
      [address, { body: [body] }, 400],
      [address, { body: "{" }, 400],
      [address, { body: '{"jsonrpc":"2.0"}' }, 400],
      [address, { body, headers: form }, 415],
      [address, { body, headers: { "mcp-protocol-version": "1.0" } }, 400],
      [address, { method: "GET" }, 405],
      [address, { method: "DELETE" }, 405],
    ] as const) {
      const reply = await call(target, options);
      expect([target, options, reply.status]).toEqual([target, options, status]);
      if (status !== 415) expect(reply.json.error.code).toBe(options.body === "{" ? -32700 : -32600);
      if (status === 405) expect(reply.headers.allow).toBe("POST");
    }
    const batch = await call(address, { body: [body] });
    expect(batch.json.error.message).toMatch(/^Batches do not exist here/);
    expect(gateway.frames).toHaveLength(before);
    const id = new URLSearchParams(query).get("sessionId") ?? "";
    const asStreamable = await call(`${url}/mcp`, { headers: { accept, "mcp-session-id": id }, body });
    expect(asStreamable.status).toBe(404);
  });

  it("is refused above the limit of a body", async () => {
    const { url } = await served({ limits: { bodyBytes: 100 } });
    const { address } = await begin(url);
    expect((await call(address, { body: toolCall(1, "echo", { x: "x".repeat(100) }) })).status).toBe(413);
  });

  it("is refused with an id that is in flight", async () => {
    const { url, gateway, front } = await served();
    const { stream, address } = await begin(url);
    await call(address, { body: toolCall(1, "slow") });
    expect((await call(address, { body: toolCall(1, "echo") })).status).toBe(400);
    expect((await call(address, { body: toolCall("1", "slow") })).status).toBe(202);
    expect(front.counters().waiting).toBe(2);
    await gateway.session.send(resultFrame(1, '{"first":true}'));
    expect(eventsOf(await readUntil(stream, "first"))).toMatchObject([{ id: 1 }]);
    expect((await call(address, { body: toolCall(1, "slow") })).status).toBe(202);
  });

  it("that cancels a call leaves nobody waiting", async () => {
    const { url, gateway, front } = await served();
    const { address } = await begin(url);
    await call(address, { body: toolCall(1, "slow") });
    const params = { requestId: 1 };
    await call(address, { body: { jsonrpc: "2.0", method: "notifications/cancelled", params } });
    expect(front.counters().waiting).toBe(0);
    await gateway.session.send(resultFrame(1, "{}"));
    expect(front.counters().droppedFrames).toBe(1);
  });

  it("that core fails at is answered with the fault's error", async () => {
    const events: unknown[] = [];
    const { url, gateway } = await served({ onEvent: (event) => events.push(event) });
    const { stream, address } = await begin(url);
    const fault = new Error("at /secret/path");
    gateway.session.transport.onframe = () => {
      throw fault;
    };
    expect((await call(address, { body: toolCall(1, "echo") })).status).toBe(202);
    const [event] = eventsOf(await readUntil(stream, "internal"));
    expect(event).toMatchObject({ id: 1, error: { data: { reason: "internal" } } });
    expect(events).toEqual([{ type: "http-error", error: fault }]);
  });
});

describe("the session", () => {
  it("ends with its stream, on both sides", async () => {
    const { url, gateway, front } = await served();
    const response = serverSide("GET", "/sse");
    const { stream, address } = await begin(url);
    await call(address, { body: toolCall(1, "slow") });
    await cut(stream, await response);
    await gateway.session.closed;
    expect((await call(address, { body: toolCall(2, "echo") })).status).toBe(404);
    expect(front.counters()).toMatchObject({ sessions: 0, streams: 0, waiting: 0 });
  });

  it("ends when its client leaves before core has taken it", async () => {
    const { url, gateway, front } = await served();
    const connected = Promise.withResolvers<void>();
    const connect = gateway.connect.bind(gateway);
    const asked = new Promise<void>((resolve) => {
      vi.spyOn(gateway, "connect").mockImplementation(async (...options) => {
        resolve();
        await connected.promise;
        return connect(...options);
      });
    });
    const response = serverSide("GET", "/sse");
    const abort = new AbortController();
    const reply = fetch(`${url}/sse`, { signal: abort.signal }).catch(() => undefined);
    await asked;
    const side = await response;
    const closed = new Promise((resolve) => side.once("close", resolve));
    abort.abort();
    await Promise.all([closed, reply]);
    connected.resolve();
    await vi.waitFor(() => gateway.session);
    await gateway.session.closed;
    expect(front.counters()).toMatchObject({ sessions: 0, streams: 0 });
  });

  it("ends its stream when core ends it, or the front goes", async () => {
    const { url, gateway, front } = await served();
    const { stream } = await begin(url);
    const ended = readReply(stream);
    await gateway.session.close();
    expect((await ended).text).toBe("");
    const { stream: second } = await begin(url);
    const gone = readReply(second);
    await front[Symbol.asyncDispose]();
    expect((await gone).text).toBe("");
  });

  it("is waited for when the front drains", async () => {
    const { url, gateway, front } = await served();
    const { stream, address } = await begin(url);
    await call(address, { body: toolCall(1, "slow") });
    const drained = front.drain();
    await gateway.session.send(resultFrame(1, '{"last":true}'));
    await drained;
    expect(eventsOf((await readReply(stream)).text)).toMatchObject([{ result: { last: true } }]);
    await gateway.session.closed;
  });
});

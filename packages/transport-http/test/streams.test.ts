import { once } from "node:events";
import type { IncomingMessage } from "node:http";
import { notificationFrame, requestFrame } from "@omg/core";
import { describe, expect, it } from "vitest";
import {
  allEventsOf,
  call,
  connectRaw,
  eventsOf,
  open,
  openSession,
  readReply,
  readUntil,
  served,
  serverSide,
  toolCall,
} from "./support/http.ts";
import { progress, type StubGateway } from "./support/stub-gateway.ts";
import { VirtualClock } from "./support/virtual-clock.ts";

const changed = (kind: string) => notificationFrame(`notifications/${kind}/list_changed`);

/** Waits until the server has seen a stream's end: it says so in its counters at an event of its own. */
async function closedStreams(url: string, streams: () => number): Promise<void> {
  while (streams() > 0) await call(`${url}/health`);
}

describe("the event stream of a session", () => {
  it("brings what belongs to no request", async () => {
    const { url, gateway } = await served();
    const headers = await openSession(`${url}/mcp`);
    const incoming = await open(`${url}/mcp`, { headers: { ...headers, accept: "text/event-stream" } });
    expect(incoming.statusCode).toBe(200);
    expect(incoming.headers["content-type"]).toBe("text/event-stream");
    await gateway.session.send(changed("tools"));
    await gateway.session.send(requestFrame(5, "roots/list"));
    const text = await readUntil(incoming, "roots/list");
    expect(eventsOf(text)).toMatchObject([{ method: "notifications/tools/list_changed" }, { id: 5 }]);
  });

  it("must be asked for as a stream, and within a session", async () => {
    const { url } = await served();
    const headers = await openSession(`${url}/mcp`);
    expect((await call(`${url}/mcp`, { headers: { ...headers, accept: "application/json" } })).status).toBe(
      406,
    );
    expect((await call(`${url}/mcp`, { headers: { accept: "text/event-stream" } })).status).toBe(400);
  });

  it("is one at a time; a new one takes over from one that may be dead", async () => {
    const { url, gateway, front } = await served();
    const headers = await openSession(`${url}/mcp`);
    const first = await open(`${url}/mcp`, { headers });
    const ended = readReply(first);
    const second = await open(`${url}/mcp`, { headers });
    expect(second.statusCode).toBe(200);
    expect((await ended).text).toBe("");
    expect(front.counters().streams).toBe(1);
    await gateway.session.send(changed("tools"));
    expect(await readUntil(second, "tools/list_changed")).toContain("event: message");
  });

  it("takes over from one whose reader is gone without a trace, also at the limit of streams", async () => {
    const { url, gateway, front } = await served({ limits: { streams: 1 } });
    const headers = await openSession(`${url}/mcp`);
    const response = serverSide("GET");
    const first = await open(`${url}/mcp`, { headers });
    first.pause();
    const closed = once(await response, "close");
    // More than the socket buffers of both sides take.
    const text = "x".repeat(100_000);
    for (let id = 0; id < 300; id++) await gateway.session.send(requestFrame(id, "roots/list", { text }));
    const second = await open(`${url}/mcp`, { headers });
    await closed;
    await gateway.session.send(changed("tools"));
    await readUntil(second, "tools/list_changed");
    expect(front.counters().streams).toBe(1);
  });

  it("gets the latest of each hint that came while it was closed, and nothing else", async () => {
    const { url, gateway, front } = await served();
    const headers = await openSession(`${url}/mcp`);
    const { session } = gateway;
    await session.send(notificationFrame("notifications/tools/list_changed", { n: 1 }));
    await session.send(notificationFrame("notifications/message", { data: "lost" }));
    await session.send(changed("prompts"));
    await session.send(notificationFrame("notifications/tools/list_changed", { n: 2 }));
    for (let count = 0; count < 20; count++) await session.send(changed(`x${count}`));
    expect(front.counters().droppedFrames).toBe(1 + 6);
    const incoming = await open(`${url}/mcp`, { headers });
    const events = eventsOf(await readUntil(incoming, "x13/list_changed")) as {
      method: string;
      params?: unknown;
    }[];
    expect(events).toHaveLength(16);
    expect(events[0]).toMatchObject({ method: "notifications/tools/list_changed", params: { n: 2 } });
  });

  it("gives signs of life", async () => {
    const { url } = await served({ limits: { keepAliveMs: 5 } });
    const headers = await openSession(`${url}/mcp`);
    const incoming = await open(`${url}/mcp`, { headers });
    await readUntil(incoming, ": keepalive\n\n");
    await readUntil(incoming, ": keepalive\n\n");
  });

  it("is limited in number over all sessions", async () => {
    const { url } = await served({ limits: { streams: 1 } });
    await open(`${url}/mcp`, { headers: await openSession(`${url}/mcp`) });
    const reply = await call(`${url}/mcp`, { headers: await openSession(`${url}/mcp`) });
    expect([reply.status, reply.headers["retry-after"], reply.json.error.data]).toMatchObject([
      429,
      "30",
      { reason: "overloaded", detail: "streams", retryAfterMs: 30_000 },
    ]);
  });

  it("ends with its session", async () => {
    const { url, gateway, front } = await served();
    const incoming = await open(`${url}/mcp`, { headers: await openSession(`${url}/mcp`) });
    const ended = readReply(incoming);
    await gateway.session.close();
    expect((await ended).text).toBe("");
    expect(front.counters().sessions).toBe(0);
  });
});

describe("a reader that does not read", () => {
  const padding = "x".repeat(10_000);

  async function paused(gateway: StubGateway, url: string, make = progress): Promise<IncomingMessage> {
    const incoming = await open(`${url}/mcp`, { headers: await openSession(`${url}/mcp`) });
    incoming.pause();
    // More than the socket buffers of both sides take.
    for (let count = 0; count < 3_000; count++) await gateway.session.send(make(count, padding));
    return incoming;
  }

  it("loses the oldest progress and log messages, but no requests and no other notifications", async () => {
    const { url, gateway, front } = await served();
    const incoming = await paused(gateway, url);
    await gateway.session.send(requestFrame(5, "roots/list"));
    await gateway.session.send(changed("tools"));
    for (let count = 3_000; count < 6_000; count++) await gateway.session.send(progress(count, padding));
    const { droppedFrames } = front.counters();
    expect(droppedFrames).toBeGreaterThan(2_900);
    await gateway.session.send(changed("last"));
    const events = eventsOf(await readUntil(incoming, "last/list_changed")) as {
      method: string;
      params?: { progress?: number };
    }[];
    expect(events).toHaveLength(6_000 - droppedFrames + 3);
    expect(events.filter(({ method }) => method !== "notifications/progress")).toHaveLength(3);
    const numbers = events.flatMap(({ params }) => params?.progress ?? []);
    expect(numbers).toEqual(numbers.toSorted((a, b) => a - b));
    expect([numbers[0], numbers.at(-1)]).toEqual([0, 5_999]);
  });

  it("is cut off after a while", async () => {
    const events: unknown[] = [];
    const { url, gateway, front } = await served({
      limits: { stallMs: 20 },
      onEvent: (event) => events.push(event),
    });
    const incoming = await paused(gateway, url, (id, text) => requestFrame(id, "roots/list", { text }));
    const closed = new Promise((resolve) => incoming.on("error", () => {}).once("close", resolve));
    await closedStreams(url, () => front.counters().streams);
    expect(events).toMatchObject([{ type: "http-stream-stalled" }]);
    incoming.resume();
    await closed;
    expect(incoming.complete).toBe(false);
    expect(front.counters().sessions).toBe(1);
  });

  it.each([
    ["its call's stream", false],
    ["its call's stream, after it came back to it", true],
  ])("%s loses the call: it is cancelled, and who comes back learns that", async (_what, comesBack) => {
    const { url, gateway, front } = await served({ limits: { stallMs: 100 } });
    const headers = await openSession(`${url}/mcp`, "2025-11-25");
    const { session } = gateway;
    const arrived = gateway.next("tools/call");
    const opening = open(`${url}/mcp`, { headers, body: toolCall(7, "slow") });
    await arrived;
    await session.send(progress(0), 7);
    let stream = await opening;
    const id = allEventsOf(await readUntil(stream, "progress")).at(-1)?.id ?? "";
    if (comesBack) stream = await open(`${url}/mcp`, { headers: { ...headers, "last-event-id": id } });
    stream.on("error", () => {}).pause();
    const cancelled = gateway.next("notifications/cancelled");
    const large = notificationFrame("acme/large", { padding });
    for (let count = 0; count < 3_000; count++) await session.send(large, 7);
    expect((await cancelled).value()).toMatchObject({ params: { requestId: 7 } });
    expect(front.counters().waiting).toBe(0);
    const again = await open(`${url}/mcp`, { headers: { ...headers, "last-event-id": id } });
    expect(eventsOf((await readReply(again)).text).at(-1)).toMatchObject({
      id: 7,
      error: { data: { reason: "overloaded", detail: "unread", executed: "unknown" } },
    });
    expect((await call(`${url}/mcp`, { headers, body: toolCall(8, "echo") })).status).toBe(200);
  });

  it("is not cut off if it reads on in time", async () => {
    const clock = new VirtualClock();
    const events: unknown[] = [];
    const { url, gateway } = await served({ clock, onEvent: (event) => events.push(event) });
    const incoming = await paused(gateway, url);
    await gateway.session.send(changed("first"));
    await readUntil(incoming, "first/list_changed");
    await clock.advance(60_000);
    await gateway.session.send(changed("second"));
    await readUntil(incoming, "second/list_changed");
    expect(events).toEqual([]);
  });

  it("holds up nobody else", async () => {
    const { url, gateway, port } = await served();
    await paused(gateway, url);
    const socket = connectRaw(port);
    socket.write("GET /health HTTP/1.1\r\nHost: localhost\r\n\r\n");
    expect(String((await once(socket, "data"))[0])).toContain("200 OK");
  });
});

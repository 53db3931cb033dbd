import type { IncomingMessage } from "node:http";
import { notificationFrame, requestFrame, resultFrame } from "@omg/core";
import { describe, expect, it } from "vitest";
import type { HttpLimits, ServeOptions } from "../src/index.ts";
import {
  allEventsOf,
  call,
  cut,
  eventsOf,
  open,
  openSession,
  readReply,
  readUntil,
  type SentEvent,
  served,
  serverSide,
  toolCall,
} from "./support/http.ts";
import { progress } from "./support/stub-gateway.ts";
import { VirtualClock } from "./support/virtual-clock.ts";

const VERSIONS = ["2025-03-26", "2025-06-18", "2025-11-25"];

const updated = (n: number) => notificationFrame("notifications/resources/updated", { uri: `x:${n}` });

/** A session with a call in flight that has got one event of progress. */
async function streaming(version = "2025-11-25", options: Partial<ServeOptions> = {}) {
  const { url, gateway, front } = await served(options);
  const headers = await openSession(`${url}/mcp`, version);
  const { session } = gateway;
  const arrived = gateway.next("tools/call");
  const response = serverSide("POST");
  const incomingReply = open(`${url}/mcp`, { headers, body: toolCall(1, "slow") });
  await arrived;
  await session.send(progress(1), 1);
  const incoming = await incomingReply;
  const id = lastId(allEventsOf(await readUntil(incoming, "progress")));
  const outgoing = await response;
  const leave = () => cut(incoming, outgoing);
  const resume = (lastEventId: string, more: Record<string, string> = headers) =>
    open(`${url}/mcp`, { headers: { ...more, "last-event-id": lastEventId } });
  return { url, gateway, front, session, headers, incoming, outgoing, id, leave, resume };
}

function lastId(events: readonly SentEvent[]): string {
  const id = events.at(-1)?.id;
  if (id === undefined) throw new Error("the event has no id");
  return id;
}

/** A client that was cut off after the first of its batch's three answers. */
async function batch(limits: Partial<HttpLimits> = {}) {
  const { url, gateway } = await served({ limits });
  const headers = await openSession(`${url}/mcp`, "2025-03-26");
  const arrived = gateway.next("tools/call");
  const response = serverSide("POST");
  const body = [toolCall(1, "slow"), toolCall(2, "slow"), toolCall(3, "slow")];
  const incomingReply = open(`${url}/mcp`, { headers, body });
  await arrived;
  await gateway.session.send(resultFrame(2, "{}"));
  const incoming = await incomingReply;
  const id = lastId(allEventsOf(await readUntil(incoming, '"id":2')));
  await cut(incoming, await response);
  const resume = () => open(`${url}/mcp`, { headers: { ...headers, "last-event-id": id } });
  return { session: gateway.session, resume };
}

async function textOf(incoming: IncomingMessage): Promise<string> {
  return (await readReply(incoming)).text;
}

describe("events", () => {
  it.each(VERSIONS)("have ids that differ and name their stream, in revision %s", async (version) => {
    const { session, incoming, id, headers, url } = await streaming(version);
    await session.send(progress(2), 1);
    await session.send(resultFrame(1, "{}"));
    const get = await open(`${url}/mcp`, { headers });
    await session.send(updated(1));
    const standalone = lastId(allEventsOf(await readUntil(get, "updated")));
    const ids = [id, ...allEventsOf(await textOf(incoming)).map((event) => event.id), standalone];
    expect(new Set(ids).size).toBe(4);
    const streams = ids.map((each) => each?.replace(/\.\d+$/, ""));
    expect(streams.slice(0, 3)).toEqual([streams[0], streams[0], streams[0]]);
    expect(streams[3]).not.toBe(streams[0]);
    expect(streams[0]).toMatch(/^[\w-]{12}\.1$/);
  });

  it.each(VERSIONS)("begin with an empty one from revision 2025-11-25 on: %s", async (version) => {
    const { url, gateway } = await served({ limits: { retryMs: 1234 } });
    const headers = await openSession(`${url}/mcp`, version);
    const reply = await call(`${url}/mcp`, { headers, body: toolCall(1, "chatty") });
    const get = await open(`${url}/mcp`, { headers });
    await gateway.session.send(updated(1));
    for (const text of [reply.text, await readUntil(get, "updated")]) {
      const [first, ...others] = allEventsOf(text);
      if (version === "2025-11-25") expect(first).toEqual({ id: first?.id, retry: "1234", data: "" });
      else expect(first?.event).toBe("message");
      for (const event of others) expect(event.data).not.toBe("");
      expect(allEventsOf(text).every(({ id }) => id !== undefined)).toBe(true);
    }
  });

  it("do not begin at all for a call that is cancelled before there were any", async () => {
    const { url, gateway } = await served();
    const headers = await openSession(`${url}/mcp`, "2025-11-25");
    const arrived = gateway.next("tools/call");
    const reply = call(`${url}/mcp`, { headers, body: toolCall(1, "slow") });
    await arrived;
    const body = { jsonrpc: "2.0", method: "notifications/cancelled", params: { requestId: 1 } };
    await call(`${url}/mcp`, { headers, body });
    expect((await reply).text).toBe("");
  });

  it("are not preceded by an empty one when the answer is all there is", async () => {
    const { url } = await served();
    const headers = { ...(await openSession(`${url}/mcp`, "2025-11-25")), accept: "text/event-stream" };
    const reply = await call(`${url}/mcp`, { headers, body: toolCall(1, "echo") });
    expect(allEventsOf(reply.text)).toMatchObject([{ event: "message" }]);
  });
});

describe("a client that was cut off during a call", () => {
  it("is not taken for one that does not read because of what its old connection still has", async () => {
    const { session, id, outgoing, resume } = await streaming();
    const resumed = await resume(id);
    outgoing.emit("timeout", { writableLength: 1, destroyed: false });
    await new Promise((resolve) => setImmediate(resolve));
    await session.send(resultFrame(1, "{}"));
    expect(eventsOf(await textOf(resumed)).at(-1)).toMatchObject({ id: 1, result: {} });
  });

  it.each(VERSIONS)("gets what it missed and the answer, in revision %s", async (version) => {
    const { session, id, leave, resume, front } = await streaming(version);
    await leave();
    await session.send(progress(2), 1);
    await session.send(requestFrame(7, "roots/list"), 1);
    const resumed = await resume(id);
    expect(resumed.headers["content-type"]).toBe("text/event-stream");
    expect(eventsOf(await readUntil(resumed, "roots/list"))).toMatchObject([
      { params: { progress: 2 } },
      { id: 7 },
    ]);
    await session.send(progress(3), 1);
    await session.send(resultFrame(1, '{"late":true}'));
    expect(eventsOf(await textOf(resumed))).toMatchObject([
      { params: { progress: 3 } },
      { result: { late: true } },
    ]);
    expect(front.counters()).toMatchObject({ droppedFrames: 0, waiting: 0, streams: 0 });
  });

  it("gets an answer that came while it was away", async () => {
    const { session, id, leave, resume, front } = await streaming();
    await leave();
    await session.send(resultFrame(1, '{"late":true}'));
    expect(front.counters()).toMatchObject({ waiting: 0, droppedFrames: 0 });
    expect(eventsOf(await textOf(await resume(id)))).toMatchObject([{ id: 1, result: { late: true } }]);
  });

  it("gets an answer again that was sent and may have been lost", async () => {
    const { session, id, incoming, resume } = await streaming();
    await session.send(resultFrame(1, '{"late":true}'));
    const [answer] = allEventsOf(await textOf(incoming));
    const replayed = allEventsOf(await textOf(await resume(id)));
    expect(replayed).toEqual([answer]);
  });

  it("is told not to come back (204) when it has everything", async () => {
    const { session, incoming, resume } = await streaming();
    await session.send(resultFrame(1, "{}"));
    const reply = await readReply(await resume(lastId(allEventsOf(await textOf(incoming)))));
    expect([reply.status, reply.text]).toEqual([204, ""]);
  });

  it("takes over from its old connection if that is only half dead", async () => {
    const { session, id, incoming, resume, front } = await streaming();
    const old = textOf(incoming);
    const resumed = await resume(id);
    expect(await old).toBe("");
    await session.send(resultFrame(1, "{}"));
    expect(eventsOf(await textOf(resumed))).toMatchObject([{ id: 1 }]);
    expect(front.counters()).toMatchObject({ droppedFrames: 0, waiting: 0 });
  });

  it("may be cut off again, before it gets anything", async () => {
    const { session, id, leave, resume } = await streaming();
    await leave();
    const response = serverSide("GET");
    const resumed = await resume(id);
    const [priming] = allEventsOf(await readUntil(resumed, "retry"));
    expect(priming).toMatchObject({ data: "" });
    await cut(resumed, await response);
    await session.send(resultFrame(1, "{}"));
    expect(eventsOf(await textOf(await resume(priming?.id ?? "")))).toMatchObject([{ id: 1 }]);
  });

  it("gets nothing of other streams", async () => {
    const { url, session, headers, id, leave, resume } = await streaming();
    const other = await call(`${url}/mcp`, { headers, body: toolCall(2, "chatty") });
    expect(eventsOf(other.text)).toHaveLength(2);
    await open(`${url}/mcp`, { headers });
    await session.send(updated(1));
    await leave();
    await session.send(resultFrame(1, "{}"));
    expect(eventsOf(await textOf(await resume(id)))).toMatchObject([{ id: 1 }]);
  });

  it("keeps its standalone stream", async () => {
    const { url, session, headers, id, leave, resume, front } = await streaming();
    const standalone = await open(`${url}/mcp`, { headers });
    await leave();
    const resumed = await resume(id);
    expect(front.counters().streams).toBe(2);
    await session.send(resultFrame(1, "{}"));
    await textOf(resumed);
    await session.send(updated(1));
    await readUntil(standalone, "updated");
  });

  it("is refused beyond the limit of streams", async () => {
    const { url, headers, id, leave, resume } = await streaming("2025-11-25", { limits: { streams: 1 } });
    await open(`${url}/mcp`, { headers });
    await leave();
    expect((await readReply(await resume(id))).status).toBe(429);
  });

  it("gets the error when the session ends", async () => {
    const { session, id, leave, resume } = await streaming();
    await leave();
    const resumed = await resume(id);
    await session.close();
    expect((await textOf(resumed)).split("\n\n").at(-2)).toContain('"reason":"cancelled"');
  });

  it("is told not to come back for a call that it has cancelled", async () => {
    const { url, headers, id, incoming, resume } = await streaming();
    const body = { jsonrpc: "2.0", method: "notifications/cancelled", params: { requestId: 1 } };
    await call(`${url}/mcp`, { headers, body });
    expect(await textOf(incoming)).toBe("");
    expect((await readReply(await resume(id))).status).toBe(204);
  });

  it("gets all answers of a batch", async () => {
    const { session, resume } = await batch();
    await session.send(resultFrame(1, "{}"));
    const resumed = await resume();
    await readUntil(resumed, '"id":1');
    await session.send(resultFrame(3, "{}"));
    expect(eventsOf(await textOf(resumed))).toMatchObject([{ id: 3 }]);
  });

  it("gets them also beyond the limit of events", async () => {
    const { session, resume } = await batch({ resumeEvents: 1 });
    await session.send(resultFrame(1, "{}"));
    await session.send(progress(1), 3);
    await session.send(resultFrame(3, "{}"));
    expect(eventsOf(await textOf(await resume()))).toMatchObject([{ id: 1 }, { id: 3 }]);
  });
});

describe("the event stream of a session", () => {
  it.each(VERSIONS)("goes on where it was cut, in revision %s", async (version) => {
    const { url, gateway, front } = await served();
    const headers = await openSession(`${url}/mcp`, version);
    const response = serverSide("GET");
    const first = await open(`${url}/mcp`, { headers });
    await gateway.session.send(updated(1));
    const id = lastId(allEventsOf(await readUntil(first, "x:1")));
    await gateway.session.send(updated(2));
    await readUntil(first, "x:2");
    await cut(first, await response);
    await gateway.session.send(updated(3));
    await gateway.session.send(requestFrame(5, "roots/list"));
    const resumed = await open(`${url}/mcp`, { headers: { ...headers, "last-event-id": id } });
    await gateway.session.send(updated(4));
    expect(eventsOf(await readUntil(resumed, "x:4"))).toMatchObject([
      { params: { uri: "x:2" } },
      { params: { uri: "x:3" } },
      { id: 5 },
      { params: { uri: "x:4" } },
    ]);
    expect(front.counters().droppedFrames).toBe(0);
  });

  it("begins anew without Last-Event-ID", async () => {
    const { url, gateway } = await served();
    const headers = await openSession(`${url}/mcp`);
    const first = await open(`${url}/mcp`, { headers });
    await gateway.session.send(updated(1));
    await readUntil(first, "x:1");
    const second = await open(`${url}/mcp`, { headers });
    await gateway.session.send(updated(2));
    expect(eventsOf(await readUntil(second, "x:2"))).toHaveLength(1);
  });

  it("begins anew with an id of another session or of nobody, and shows nothing of either", async () => {
    const { gateway, session, headers, id, leave, resume, url } = await streaming();
    await leave();
    await session.send(resultFrame(1, '{"secret":true}'));
    const foreign = await openSession(`${url}/mcp`);
    for (const each of [id, id.replace(/\d+$/, "0"), "", "7", "x".repeat(12_000), `${id}0.1`]) {
      const stream = await resume(each, foreign);
      expect(stream.statusCode).toBe(200);
      await gateway.session.send(updated(1));
      expect(eventsOf(await readUntil(stream, "x:1"))).toHaveLength(1);
    }
    expect(eventsOf(await textOf(await resume(id, headers)))).toMatchObject([{ result: { secret: true } }]);
  });

  it("begins anew with an id of a stream that never was", async () => {
    const { id, resume } = await streaming();
    expect((await resume(id.replace(/\.1\.\d+$/, ".99.1"))).statusCode).toBe(200);
  });
});

describe("what is kept", () => {
  it("is bounded in events, and the answer is kept", async () => {
    const { session, id, leave, resume } = await streaming("2025-06-18", { limits: { resumeEvents: 3 } });
    await leave();
    for (let count = 2; count < 10; count++) await session.send(progress(count), 1);
    await session.send(resultFrame(1, "{}"));
    const events = eventsOf(await textOf(await resume(id)));
    expect(events).toMatchObject([{ params: { progress: 8 } }, { params: { progress: 9 } }, { id: 1 }]);
  });

  it("is bounded in bytes, and a large answer is kept", async () => {
    const { session, id, leave, resume } = await streaming("2025-06-18", { limits: { resumeBytes: 5_000 } });
    await leave();
    for (let count = 2; count < 10; count++) await session.send(progress(count, "x".repeat(1_000)), 1);
    const response = serverSide("GET");
    const before = await resume(id);
    const progressed = eventsOf(await readUntil(before, '"progress":9')) as {
      params: { progress: number };
    }[];
    expect(progressed.map(({ params }) => params.progress)).toEqual([7, 8, 9]);
    await cut(before, await response);
    await session.send(resultFrame(1, JSON.stringify({ large: "y".repeat(10_000) })));
    expect(eventsOf(await textOf(await resume(id)))).toMatchObject([{ id: 1 }]);
  });

  it("goes five minutes after an answer that could not be sent", async () => {
    const clock = new VirtualClock();
    const { session, id, leave, resume } = await streaming("2025-11-25", { clock });
    await leave();
    await session.send(resultFrame(1, "{}"));
    await clock.advance(4 * 60_000);
    expect(eventsOf(await textOf(await resume(id)))).toMatchObject([{ id: 1 }]);
    await clock.advance(2 * 60_000);
    expect((await readReply(await resume(id))).status).toBe(204);
  });

  it("goes soon after an answer that was sent", async () => {
    const clock = new VirtualClock();
    const { session, id, incoming, resume } = await streaming("2025-11-25", { clock });
    await session.send(resultFrame(1, "{}"));
    await textOf(incoming);
    await clock.advance(61_000);
    expect((await readReply(await resume(id))).status).toBe(204);
  });
});

import { notificationFrame, type RequestId, requestFrame, resultFrame } from "@omg/core";
import { describe, expect, it } from "vitest";
import {
  call,
  cut,
  eventsOf,
  open,
  openSession,
  readReply,
  readUntil,
  served,
  serverSide,
  toolCall,
} from "./support/http.ts";
import { progress } from "./support/stub-gateway.ts";

const ask = (id: RequestId) => requestFrame(id, "elicitation/create", {});
const takeBack = (requestId: RequestId) => notificationFrame("notifications/cancelled", { requestId });
const updated = notificationFrame("notifications/resources/updated", { uri: "x:1" });

async function withSession(version?: string) {
  const { url, gateway, front } = await served();
  const headers = await openSession(`${url}/mcp`, version);
  const get = () => open(`${url}/mcp`, { headers });
  /** A call that waits, of a client that takes these types. */
  const slow = async (accept: string) => {
    const arrived = gateway.next("tools/call");
    const reply = open(`${url}/mcp`, { headers: { ...headers, accept }, body: toolCall(1, "slow") });
    await arrived;
    // In an object: a bare promise would be waited for.
    return { reply };
  };
  return { url, front, headers, session: gateway.session, gateway, get, slow };
}

describe("a request of the server that belongs to no call", () => {
  it("goes over the client's event stream, and the answer comes back", async () => {
    const { url, headers, session, gateway, get } = await withSession();
    const stream = await get();
    await session.send(ask("q"));
    expect(eventsOf(await readUntil(stream, "elicitation"))).toMatchObject([{ id: "q" }]);
    for (const answer of [{ result: { action: "accept" } }, { error: { code: -1, message: "No" } }]) {
      const reply = await call(`${url}/mcp`, { headers, body: { jsonrpc: "2.0", id: "q", ...answer } });
      expect([reply.status, reply.text]).toEqual([202, ""]);
      expect(gateway.frames.at(-1)?.head).toMatchObject({ id: "q", kind: Object.keys(answer)[0] });
    }
  });

  it("waits for the event stream if none is open", async () => {
    const { session, get, front } = await withSession();
    await session.send(ask(1));
    await session.send(ask("1"));
    expect(eventsOf(await readUntil(await get(), '"id":"1"'))).toMatchObject([{ id: 1 }, { id: "1" }]);
    expect(front.counters().droppedFrames).toBe(0);
  });

  it("waits for the next one if the last was cut", async () => {
    const { session, get } = await withSession();
    const response = serverSide("GET");
    await cut(await get(), await response);
    await session.send(ask(1));
    expect(eventsOf(await readUntil(await get(), "elicitation"))).toMatchObject([{ id: 1 }]);
  });

  it("is sent once", async () => {
    const { session, get } = await withSession();
    await session.send(ask(1));
    await readUntil(await get(), "elicitation");
    const again = await get();
    await session.send(updated);
    expect(eventsOf(await readUntil(again, "x:1"))).toHaveLength(1);
  });

  it("is refused beyond 32 that wait", async () => {
    const { session, get } = await withSession();
    for (let id = 0; id < 32; id++) await session.send(ask(id));
    await expect(session.send(ask(32))).rejects.toMatchObject({ reason: "overloaded" });
    await session.send(takeBack(7));
    await session.send(ask(32));
    expect(eventsOf(await readUntil(await get(), '"id":32'))).toHaveLength(32);
  });

  it("that waits and is taken back is never seen", async () => {
    const { session, get, front } = await withSession();
    for (const id of [1, 2]) await session.send(ask(id));
    await session.send(takeBack(1));
    const stream = await get();
    await session.send(takeBack(2));
    expect(eventsOf(await readUntil(stream, "cancelled"))).toMatchObject([
      { id: 2 },
      { method: "notifications/cancelled", params: { requestId: 2 } },
    ]);
    expect(front.counters().droppedFrames).toBe(0);
  });
});

describe("a request of the server that belongs to a call", () => {
  it("goes over the call's stream, even if the other one is open", async () => {
    const { session, get, slow } = await withSession();
    const standalone = await get();
    const { reply } = await slow("application/json, text/event-stream");
    await session.send(ask(9), 1);
    await session.send(takeBack(9), 1);
    await session.send(resultFrame(1, "{}"));
    expect(eventsOf((await readReply(await reply)).text)).toMatchObject([
      { id: 9 },
      { method: "notifications/cancelled" },
      { id: 1 },
    ]);
    await session.send(updated);
    expect(eventsOf(await readUntil(standalone, "x:1"))).toHaveLength(1);
  });

  it("goes over the event stream of a client that takes none for its call", async () => {
    const { session, get, slow, front } = await withSession();
    const standalone = await get();
    const { reply } = await slow("application/json");
    await session.send(ask(9), 1);
    await session.send(progress(1), 1);
    await session.send(takeBack(9), 1);
    await session.send(resultFrame(1, "{}"));
    expect(eventsOf(await readUntil(standalone, "cancelled"))).toMatchObject([
      { id: 9 },
      { method: "notifications/cancelled" },
    ]);
    expect((await readReply(await reply)).json.id).toBe(1);
    expect(front.counters().droppedFrames).toBe(1);
  });

  it("is refused if there is no stream for it, and nothing waits", async () => {
    const { session, get, slow } = await withSession();
    const { reply } = await slow("application/json");
    await expect(session.send(ask(9), 1)).rejects.toMatchObject({ reason: "method_not_found" });
    await session.send(takeBack(9), 1);
    await session.send(resultFrame(1, "{}"));
    await readReply(await reply);
    const stream = await get();
    await expect(session.send(ask(10), 1)).rejects.toMatchObject({ reason: "method_not_found" });
    await session.send(updated);
    expect(eventsOf(await readUntil(stream, "x:1"))).toHaveLength(1);
  });

  it("is refused if the client has left and can not come back", async () => {
    const { url, headers, gateway, session } = await withSession("2025-06-18");
    const arrived = gateway.next("tools/call");
    const response = serverSide("POST");
    const abort = new AbortController();
    const body = JSON.stringify(toolCall(1, "slow"));
    const reply = fetch(`${url}/mcp`, {
      method: "POST",
      headers: { ...headers, "content-type": "application/json" },
      body,
      signal: abort.signal,
    }).catch(() => undefined);
    await arrived;
    const side = await response;
    const closed = new Promise((resolve) => side.once("close", resolve));
    abort.abort();
    await Promise.all([closed, reply]);
    await expect(session.send(ask(9), 1)).rejects.toMatchObject({ reason: "method_not_found" });
  });
});

import type { IncomingMessage } from "node:http";
import { requestFrame, resultFrame } from "@omg/core";
import { describe, expect, it } from "vitest";
import type { HttpLimits } from "../src/index.ts";
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

/** A session with a call in flight whose server wants no open stream. */
async function calling(
  version = "2025-11-25",
  { accept, limits = {} }: { accept?: string; limits?: Partial<HttpLimits> } = {},
) {
  const { url, gateway, front } = await served({ limits });
  const session = await openSession(`${url}/mcp`, version);
  const headers = accept === undefined ? session : { ...session, accept };
  const arrived = gateway.next("tools/call");
  const response = serverSide("POST");
  const reply = open(`${url}/mcp`, { headers, body: toolCall(1, "slow") });
  await arrived;
  const { transport } = gateway.session;
  return {
    url,
    front,
    headers,
    reply,
    response,
    session: gateway.session,
    close: (retryMs?: number) => transport.closeStream?.(1, { retryMs }),
    comeBack: (id: string | undefined) =>
      open(`${url}/mcp`, { headers: { ...headers, "last-event-id": id ?? "" } }),
  };
}

async function endOf(incoming: IncomingMessage | Promise<IncomingMessage>): Promise<SentEvent[]> {
  return allEventsOf((await readReply(await incoming)).text);
}

describe("a client whose server wants no open stream until it answers", () => {
  it("gets an id, and when to come back with it, and its answer then", async () => {
    const { reply, close, comeBack, session, front } = await calling();
    close(250);
    const events = await endOf(reply);
    expect(events).toEqual([{ id: events[0]?.id, retry: "250", data: "" }]);
    expect(front.counters()).toMatchObject({ waiting: 1, droppedFrames: 0 });
    const back = await comeBack(events[0]?.id);
    await session.send(resultFrame(1, '{"late":true}'));
    expect(eventsOf((await readReply(back)).text)).toMatchObject([{ id: 1, result: { late: true } }]);
    expect(front.counters()).toMatchObject({ waiting: 0, droppedFrames: 0 });
  });

  it("gets the answer that came while it was away, and what was said and asked before", async () => {
    const { reply, close, comeBack, session } = await calling();
    close(0);
    const [left] = await endOf(reply);
    await session.send(progress(1), 1);
    await session.send(requestFrame(7, "roots/list"), 1);
    await session.send(resultFrame(1, "{}"));
    const { text } = await readReply(await comeBack(left?.id));
    expect(eventsOf(text)).toMatchObject([{ params: { progress: 1 } }, { id: 7 }, { id: 1 }]);
  });

  it("is told the front's own time to wait if the server names none, and never one too long", async () => {
    for (const [asked, told] of [
      [undefined, "1234"],
      [3_600_000, "20000"],
    ] as const) {
      const { reply, close } = await calling("2025-11-25", { limits: { retryMs: 1234, resumeMs: 40_000 } });
      close(asked);
      expect((await endOf(reply))[0]?.retry).toBe(told);
    }
  });

  it("is sent away also from a stream that has begun, and gets nothing twice", async () => {
    const { reply, close, comeBack, session } = await calling();
    await session.send(progress(1), 1);
    close(250);
    const [primed, said, left] = await endOf(reply);
    expect([primed?.retry, said?.event, left?.retry, left?.data]).toEqual(["1000", "message", "250", ""]);
    await session.send(resultFrame(1, "{}"));
    expect(eventsOf((await readReply(await comeBack(left?.id))).text)).toMatchObject([{ id: 1 }]);
  });

  it("is sent away again when it has come back, as often as the server likes", async () => {
    const { reply, close, comeBack, session, front } = await calling();
    close(1);
    let [left] = await endOf(reply);
    for (const ms of [2, 3]) {
      const back = await comeBack(left?.id);
      const [primed] = allEventsOf(await readUntil(back, "retry"));
      close(ms);
      const [again] = await endOf(back);
      expect(again?.retry).toBe(String(ms));
      expect(new Set([left?.id, primed?.id, again?.id]).size).toBe(3);
      left = again;
    }
    await session.send(resultFrame(1, "{}"));
    expect(eventsOf((await readReply(await comeBack(left?.id))).text)).toMatchObject([{ id: 1 }]);
    expect(front.counters()).toMatchObject({ waiting: 0, streams: 0, droppedFrames: 0 });
  });

  it("is let in again also beyond the limit of streams", async () => {
    const { url, headers, reply, close, comeBack, session } = await calling("2025-11-25", {
      limits: { streams: 1 },
    });
    await open(`${url}/mcp`, { headers });
    close();
    const back = await comeBack((await endOf(reply))[0]?.id);
    await session.send(resultFrame(1, "{}"));
    expect(eventsOf((await readReply(back)).text)).toMatchObject([{ id: 1 }]);
  });

  it("is told not to come back for a call that it has cancelled meanwhile", async () => {
    const { url, headers, reply, close, comeBack } = await calling();
    close();
    const [left] = await endOf(reply);
    const body = { jsonrpc: "2.0", method: "notifications/cancelled", params: { requestId: 1 } };
    await call(`${url}/mcp`, { headers, body });
    expect((await readReply(await comeBack(left?.id))).status).toBe(204);
  });
});

describe("a client that would not come back keeps its connection", () => {
  it.each(["2024-11-05", "2025-03-26", "2025-06-18"])("in revision %s", async (version) => {
    const { reply, close, session } = await calling(version);
    close(1);
    await session.send(resultFrame(1, "{}"));
    expect((await readReply(await reply)).json).toEqual({ jsonrpc: "2.0", id: 1, result: {} });
  });

  it("in an older revision also on a stream that has begun", async () => {
    const { reply, close, session } = await calling("2025-06-18");
    await session.send(progress(1), 1);
    close(1);
    await session.send(resultFrame(1, "{}"));
    expect(eventsOf((await readReply(await reply)).text)).toMatchObject([{ params: {} }, { id: 1 }]);
  });

  it("if it takes no event stream", async () => {
    const { reply, close, session } = await calling("2025-11-25", { accept: "application/json" });
    close(1);
    await session.send(resultFrame(1, "{}"));
    expect((await readReply(await reply)).json).toEqual({ jsonrpc: "2.0", id: 1, result: {} });
  });
});

it("keeps the answer as ever for a client that was cut off before it could be sent away", async () => {
  const { reply, close, comeBack, session, response } = await calling();
  await session.send(progress(1), 1);
  const incoming = await reply;
  const id = allEventsOf(await readUntil(incoming, "progress")).at(-1)?.id;
  await cut(incoming, await response);
  close(1);
  await session.send(resultFrame(1, "{}"));
  expect(eventsOf((await readReply(await comeBack(id))).text)).toMatchObject([{ id: 1 }]);
});

it("knows no stream of a call that is answered", async () => {
  const { reply, close, session } = await calling();
  await session.send(resultFrame(1, "{}"));
  close(1);
  expect((await readReply(await reply)).json).toMatchObject({ id: 1 });
});

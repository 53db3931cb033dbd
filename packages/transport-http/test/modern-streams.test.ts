import { once } from "node:events";
import { type ExchangeOptions, type Frame, notificationFrame, resultFrame } from "@omg/core";
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
} from "./support/http.ts";
import { modernCall, modernHeaders, modernRequest } from "./support/modern.ts";
import { progress } from "./support/stub-gateway.ts";

const listen = {
  headers: modernHeaders("subscriptions/listen"),
  body: modernRequest("subscriptions/listen"),
};
const changed = notificationFrame("notifications/tools/list_changed");

/** A front whose gateway keeps requests open; `asked` gives them as they come. */
async function holding(options: Parameters<typeof served>[0] = {}) {
  const front = await served(options);
  const { gateway } = front;
  let asked = Promise.withResolvers<Asked>();
  gateway.answerExchange = (frame, { signal, tell }) => {
    const answer = Promise.withResolvers<Frame>();
    const end = () => answer.resolve(resultFrame(frame.head.id ?? 0, '{"resultType":"complete"}'));
    asked.resolve({ signal, tell, end });
    asked = Promise.withResolvers();
    if (frame.head.method === "subscriptions/listen") {
      tell(notificationFrame("notifications/subscriptions/acknowledged"));
    }
    return answer.promise;
  };
  return { ...front, mcp: `${front.url}/mcp`, asked: () => asked.promise };
}

interface Asked extends Pick<ExchangeOptions, "signal" | "tell"> {
  /** Answers. */
  end(): void;
}

describe("a client that listens", () => {
  it("hears what comes, with signs of life, until the gateway ends it", async () => {
    const { mcp, asked, front } = await holding({ limits: { keepAliveMs: 5 } });
    const listening = asked();
    const stream = await open(mcp, listen);
    expect(stream.headers["content-type"]).toBe("text/event-stream");
    expect(eventsOf(await readUntil(stream, "acknowledged"))).toHaveLength(1);
    await readUntil(stream, ": keepalive\n\n");
    await readUntil(stream, ": keepalive\n\n");
    const { tell, end } = await listening;
    tell(changed);
    await readUntil(stream, "tools/list_changed");
    expect(front.counters()).toMatchObject({ streams: 1, waiting: 0 });
    end();
    expect(eventsOf((await readReply(stream)).text)).toMatchObject([{ id: 1, result: {} }]);
    expect(front.counters().streams).toBe(0);
  });

  it("does not hold up the end of the gateway", async () => {
    const { mcp, front, asked } = await holding();
    const listening = asked();
    const stream = await open(mcp, listen);
    const { end } = await listening;
    await front.drain();
    end();
    expect(eventsOf((await readReply(stream)).text)).toHaveLength(2);
  });

  it("stops when it leaves", async () => {
    const { mcp, front, asked } = await holding();
    const listening = asked();
    const response = serverSide("POST");
    const stream = await open(mcp, listen);
    const { signal } = await listening;
    const aborted = once(signal, "abort");
    await cut(stream, await response);
    await aborted;
    expect(front.counters().streams).toBe(0);
  });

  it("counts among the event streams, which are limited", async () => {
    const { url, mcp, gateway } = await holding({ limits: { streams: 2 } });
    await open(mcp, listen);
    await open(mcp, { headers: await openSession(mcp) });
    const reply = await call(`${url}/servers/pg/mcp`, listen);
    expect([reply.status, reply.headers["retry-after"], reply.json.id]).toEqual([429, "30", 1]);
    expect(gateway.exchanges).toHaveLength(1);
    expect(
      (await call(mcp, { ...listen, headers: { ...listen.headers, accept: "application/json" } })).status,
    ).toBe(406);
  });
});

describe("the end of the front", () => {
  it("waits for requests, then cuts them off and has them cancelled", async () => {
    const { mcp, front, asked } = await holding();
    const calling = asked();
    const pending = call(mcp, modernCall("slow")).catch((error: unknown) => error);
    const { signal } = await calling;
    let drained = false;
    void front.drain().then(() => {
      drained = true;
    });
    await call(mcp, { headers: modernHeaders("x"), body: { jsonrpc: "2.0", method: "notifications/x" } });
    expect(drained).toBe(false);
    const aborted = once(signal, "abort");
    await front[Symbol.asyncDispose]();
    await aborted;
    expect(await pending).toBeInstanceOf(Error);
  });
});

describe("a modern client that does not read", () => {
  const padding = "x".repeat(10_000);

  it("loses progress, then its connection, and its request is cancelled", async () => {
    const events: unknown[] = [];
    const onEvent = (event: unknown) => events.push(event);
    const { mcp, front, asked } = await holding({ limits: { stallMs: 20 }, onEvent });
    const calling = asked();
    const opening = open(mcp, modernCall("slow"));
    const { tell, signal } = await calling;
    tell(changed);
    const stream = await opening;
    stream.on("error", () => {}).pause();
    const aborted = once(signal, "abort");
    // More than the socket buffers of both sides take.
    for (let count = 0; count < 3_000; count++) tell(progress(count, padding));
    expect(front.counters().droppedFrames).toBeGreaterThan(1_000);
    for (let count = 0; count < 3_000; count++) tell(notificationFrame("acme/large", { padding }));
    await aborted;
    expect(events).toEqual([{ type: "http-stream-stalled", session: undefined }]);
  });
});

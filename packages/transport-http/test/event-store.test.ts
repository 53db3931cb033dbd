import { resultFrame, systemClock } from "@omg/core";
import { expect, it } from "vitest";
import { EventStore } from "../src/event-store.ts";
import { defaultLimits, type HttpLimits } from "../src/limits.ts";
import type { SseEvent } from "../src/sse-event.ts";
import type { SseStream } from "../src/sse-stream.ts";
import { allEventsOf } from "./support/http.ts";
import { progress } from "./support/stub-gateway.ts";

/** A connection that notes what is written, until it closes. */
class FakeConnection {
  closed = false;
  text = "";
  #onSent: (() => void) | undefined;

  /** The operating system has it all. */
  sent(): void {
    this.#onSent?.();
  }

  write({ bytes }: SseEvent): void {
    this.text += bytes;
  }

  end(event?: SseEvent, onSent?: () => void): void {
    if (event !== undefined) this.write(event);
    this.#onSent = onSent;
    this.closed = true;
  }

  giveWay(): void {
    this.end();
  }

  get asStream(): SseStream {
    return this as unknown as SseStream;
  }
}

function makeStore(limits: Partial<HttpLimits> = {}, kept = { bytes: 0 }) {
  const events = new EventStore(
    { clock: systemClock, limits: { ...defaultLimits, ...limits }, kept },
    () => true,
  );
  return { events, kept };
}

/** A stream whose client has an id of it and is gone. */
function cutOff(events: EventStore) {
  const connection = new FakeConnection();
  const stream = events.open(connection.asStream, { prime: true });
  connection.closed = true;
  return { stream, id: allEventsOf(connection.text)[0]?.id ?? "" };
}

/** What a client gets that comes back. */
function replayed(events: EventStore, id: string): (string | undefined)[] | "over" | undefined {
  const found = events.find(id);
  if (found === undefined || found === "over") return found;
  const connection = new FakeConnection();
  events.connect(found.stream, connection.asStream, found.after);
  connection.closed = true;
  return allEventsOf(connection.text).map(({ data }) => /progress":(\d+)|(result)/.exec(data ?? "")?.[0]);
}

const answer = (size = 0) => resultFrame(1, JSON.stringify({ text: "x".repeat(size) }));
const padded = (value: number) => progress(value, "x".repeat(1_000));

it("keeps no more for a session than its limit: mere events go first, from the oldest stream", () => {
  const { events, kept } = makeStore({ resumeSessionBytes: 5_000 });
  const first = cutOff(events);
  const second = cutOff(events);
  for (const value of [1, 2]) first.stream.send(padded(value));
  first.stream.end(answer());
  for (const value of [3, 4]) second.stream.send(padded(value));
  expect(kept.bytes).toBeLessThan(5_000);
  expect(replayed(events, first.id)).toEqual(['progress":2', "result"]);
  expect(replayed(events, second.id)).toEqual(['progress":3', 'progress":4']);
});

it("gives up the answers of the oldest streams when events are not enough, but never the latest", () => {
  const { events, kept } = makeStore({ resumeSessionBytes: 5_000 });
  const streams = [cutOff(events), cutOff(events), cutOff(events)];
  for (const { stream } of streams) stream.end(answer(2_000));
  expect(streams.map(({ id }) => replayed(events, id))).toEqual(["over", ["result"], ["result"]]);
  const last = cutOff(events);
  last.stream.end(answer(50_000));
  expect(streams.map(({ id }) => replayed(events, id))).toEqual(["over", "over", "over"]);
  expect(replayed(events, last.id)).toEqual(["result"]);
  expect(kept.bytes).toBeGreaterThan(50_000);
});

it("gives up answers that were sent before those that could not be", () => {
  const { events } = makeStore({ resumeSessionBytes: 5_000 });
  const unsent = cutOff(events);
  unsent.stream.end(answer(2_000));
  const connection = new FakeConnection();
  const stream = events.open(connection.asStream, { prime: true });
  stream.end(answer(2_000));
  connection.sent();
  const last = cutOff(events);
  last.stream.end(answer(2_000));
  const ids = [unsent.id, allEventsOf(connection.text)[0]?.id ?? "", last.id];
  expect(ids.map((id) => replayed(events, id))).toEqual([["result"], "over", ["result"]]);
});

it("lets no stream pause whose answer it may have no room for", () => {
  const kept = { bytes: 0 };
  const { events } = makeStore({ resumeTotalBytes: 1_000 }, kept);
  expect(events.mayPause).toBe(true);
  cutOff(events).stream.end(answer());
  expect(events.mayPause).toBe(true);
  kept.bytes += 1_000;
  expect(events.mayPause).toBe(false);
});

it("says so when what a client who is away should get can not be kept", () => {
  const { events } = makeStore({ resumeBytes: 1_000 });
  const { stream } = cutOff(events);
  expect([stream.send(progress(1)), stream.send(padded(2))]).toEqual([true, false]);
});

it("keeps only the latest answer of a session while all sessions together are over their limit", () => {
  const kept = { bytes: 0 };
  const limits = { resumeTotalBytes: 10_000 };
  const one = makeStore(limits, kept);
  const large = cutOff(one.events);
  large.stream.end(answer(20_000));
  const { events } = makeStore(limits, kept);
  const streams = [cutOff(events), cutOff(events)];
  for (const { stream } of streams) {
    stream.send(progress(1));
    stream.end(answer());
  }
  expect(streams.map(({ id }) => replayed(events, id))).toEqual(["over", ["result"]]);
  expect(replayed(one.events, large.id)).toEqual(["result"]);
});

it("owes nothing to anybody once it is closed", () => {
  const { events, kept } = makeStore();
  const { stream, id } = cutOff(events);
  const ended = cutOff(events);
  const standalone = new FakeConnection();
  events.connect(events.standalone, standalone.asStream);
  stream.send(progress(1));
  events.standalone.send(progress(2));
  ended.stream.end(answer());
  expect(kept.bytes).toBeGreaterThan(600);
  events.close();
  expect(kept.bytes).toBe(0);
  expect(standalone.closed).toBe(true);
  expect([replayed(events, id), replayed(events, ended.id)]).toEqual(["over", "over"]);
  expect([stream.send(progress(3)), events.standalone.send(progress(4)), kept.bytes]).toEqual([
    false,
    false,
    0,
  ]);
});

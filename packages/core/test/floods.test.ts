import { describe, expect, test } from "vitest";
import type { OmgError } from "../src/runtime/errors.ts";
import { notificationFrame } from "../src/runtime/frame.ts";
import { FloodGuard } from "../src/upstream/flood-guard.ts";
import { type FakeInstance, fakeServer, type Handler, text } from "./support/fake-runtime.ts";
import { testGateway } from "./support/gateway.ts";
import { TestClient } from "./support/test-client.ts";
import { settle, VirtualClock } from "./support/virtual-clock.ts";

const never: Handler = () => new Promise(() => {});
const notification = (method: string, params = {}) => ({ jsonrpc: "2.0" as const, method, params });
const listChanged = "notifications/tools/list_changed";

function times(count: number, action: (index: number) => void): void {
  for (let index = 0; index < count; index++) action(index);
}

/** A gateway whose server is in the middle of a call, which `answer` ends. */
async function inCall() {
  let answer = () => {};
  const hold: Handler = () => new Promise((resolve) => (answer = () => resolve(text("done"))));
  const echo: Handler = () => text("hi");
  const made = await testGateway({ a: fakeServer({ hold, echo, never }) }, { request_timeout_seconds: 300 });
  const client = await TestClient.connect(made.gateway, "a");
  const outcome = client.ask("tools/call", { name: "hold", arguments: {} });
  await settle();
  const dropped = () => made.events.filter(({ type }) => type === "frame-dropped").length;
  const heard = (method: string) =>
    client.received.filter((message) => "method" in message && message.method === method).length;
  return { ...made, client, outcome, answer: () => answer(), dropped, heard, instance: made.runtime.last };
}

describe("a server that floods the gateway", () => {
  test("is heard a hundred thousand times at once and fifty thousand a second; the rest is dropped and counted", async () => {
    const { instance, client, clock, answer, outcome, dropped, heard } = await inCall();
    const say = () => instance.say(notification("notifications/message", { level: "error", data: "x" }));
    times(102_000, say);
    expect(heard("notifications/message")).toBe(100_000);
    expect(dropped()).toBe(2_000);
    await clock.advance(1_000);
    times(51_000, say);
    expect(heard("notifications/message")).toBe(150_000);
    expect(dropped()).toBe(3_000);
    answer();
    expect(await outcome).toMatchObject({ result: {} });
    expect(await client.call("echo")).toBe("hi");
  });

  test("is asked once more for a list whose change was one of too many", async () => {
    const { instance, clock, dropped, heard } = await inCall();
    times(100_000, () => instance.say(notification("notifications/x")));
    await clock.advance(0);
    times(3, () => instance.say(notification(listChanged)));
    expect(dropped()).toBe(2);
    await clock.advance(999);
    expect(heard(listChanged)).toBe(0);
    await clock.advance(200);
    expect(heard(listChanged)).toBe(1);
  });

  test("with changes of its list is asked for it once a second, and once more after the last change", async () => {
    let lists = 0;
    const methods = { "tools/list": () => ({ tools: [{ name: `v${++lists}` }] }) };
    const { gateway, runtime, clock } = await testGateway({ a: fakeServer({}, { methods }) });
    const client = await TestClient.connect(gateway);
    await client.result("tools/list");
    for (let tick = 0; tick < 25; tick++) {
      times(100, () => runtime.last.say(notification(listChanged)));
      await clock.advance(100);
    }
    expect(lists).toBe(1 + 3);
    await clock.advance(5_000);
    expect(lists).toBe(1 + 4);
    runtime.last.say(notification(listChanged));
    await clock.advance(0);
    expect(lists).toBe(1 + 5);
  });

  test("gets no answers any more while a thousand wait to be sent to it, a few at once", async () => {
    const { instance, dropped } = await inCall();
    let sent = 0;
    const arrive: (() => void)[] = [];
    instance.transport.sendFrame = () => {
      sent++;
      return new Promise((resolve) => arrive.push(resolve));
    };
    const ping = (id: number) => instance.say({ jsonrpc: "2.0", id, method: "ping" });
    times(1_100, ping);
    expect(sent).toBe(32);
    expect(dropped()).toBe(1_100 - 32 - 1_024);
    while (sent < 32 + 1_024) {
      for (const arrived of arrive.splice(0)) arrived();
      await settle();
      expect(arrive.length).toBeLessThanOrEqual(32);
    }
    ping(2_000);
    for (const arrived of arrive.splice(0)) arrived();
    await settle();
    expect(sent).toBe(32 + 1_024 + 1);
  });

  test("is stopped after a million dropped messages within a minute", () => {
    const clock = new VirtualClock();
    let dropped = 0;
    const ends: OmgError[] = [];
    const guard = new FloodGuard({
      clock,
      onDropped: () => dropped++,
      onLate: () => {},
      onTooMuch: (why) => ends.push(why),
    });
    const frame = notificationFrame("notifications/x");
    times(1_100_000, () => guard.mayPass(frame));
    expect([dropped, ends.length]).toEqual([1_000_000, 0]);
    guard.mayPass(frame);
    expect(ends).toMatchObject([{ reason: "upstream_protocol_error", executed: "unknown" }]);
  });
});

describe("a server that answers what it was not asked", () => {
  const answerNobody = (instance: FakeInstance) => (id: number) =>
    instance.say({ jsonrpc: "2.0", id: `nobody ${id}`, result: {} });

  test("a hundred times within a minute is stopped, and the next call starts it anew", async () => {
    const { instance, client, clock, outcome, runtime, dropped } = await inCall();
    times(100, answerNobody(instance));
    await clock.advance(60_000);
    expect(runtime.running).toBe(1);
    times(100, answerNobody(instance));
    expect(dropped()).toBe(200);
    answerNobody(instance)(0);
    expect(await outcome).toMatchObject({
      error: {
        message: expect.stringMatching(/^Server 'a': It answers what it was not asked/),
        data: { reason: "upstream_protocol_error", executed: "unknown" },
      },
    });
    await settle();
    expect(runtime.running).toBe(0);
    expect(await client.call("echo")).toBe("hi");
    expect(runtime.starts).toBe(2);
  });

  test("stays if that is only late: what was given up may still be answered", async () => {
    const { instance, client, runtime, dropped } = await inCall();
    times(150, (id) => {
      void client.ask("tools/call", { name: "never", arguments: {} }, `call ${id}`);
      client.notify("notifications/cancelled", { requestId: `call ${id}` });
    });
    await settle();
    const ids = instance.received.flatMap((message) =>
      "id" in message && "method" in message && message.params?.name === "never" ? [message.id] : [],
    );
    expect(ids).toHaveLength(150);
    for (const id of ids) instance.say({ jsonrpc: "2.0", id, result: {} });
    expect(dropped()).toBe(150);
    expect(runtime.running).toBe(1);
    times(101, answerNobody(instance));
    await settle();
    expect(runtime.running).toBe(0);
  });
});

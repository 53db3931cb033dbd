import { describe, expect, test } from "vitest";
import { awakeClock, type RealTime } from "../src/awake-clock.ts";
import { createGateway } from "../src/gateway/create-gateway.ts";
import type { GatewayEvent } from "../src/gateway/events.ts";
import type { Params } from "../src/runtime/transport.ts";
import { FakeRuntime, fakeServer, text } from "./support/fake-runtime.ts";
import { fakeEntry, statesOf } from "./support/gateway.ts";
import { TestClient } from "./support/test-client.ts";
import { VirtualClock } from "./support/virtual-clock.ts";

class Machine extends VirtualClock implements RealTime {
  afterIfAlive(ms: number, action: () => void): void {
    this.after(ms, action);
  }
}

function started() {
  const machine = new Machine();
  const clock = awakeClock(machine);
  const fired: string[] = [];
  const after = (ms: number, name: string) => clock.after(ms, () => fired.push(name));
  return { machine, clock, fired, after };
}

describe("a clock that stands still while the process does not run", () => {
  test("goes with the time while it does", async () => {
    const { machine, clock, fired, after } = started();
    after(10, "ten");
    after(30_000, "half a minute")();
    after(29_999, "less");
    await machine.advance(29_998);
    expect(fired).toEqual(["ten"]);
    expect(clock.now()).toBe(29_998);
    await machine.advance(1);
    expect(fired).toEqual(["ten", "less"]);
    await machine.advance(60_000);
    expect(fired).toEqual(["ten", "less"]);
  });

  test("gives every timer the time that it lost", async () => {
    const { machine, clock, fired, after } = started();
    after(30_000, "first");
    after(40_000, "second");
    await machine.advance(10_000);
    machine.sleep(3_600_000);
    await machine.advance(18_500);
    expect(fired).toEqual([]);
    // What the process slept is known to the second.
    expect(clock.now()).toBeGreaterThan(28_000);
    expect(clock.now()).toBeLessThan(30_000);
    await machine.advance(1_500);
    expect(fired).toEqual(["first"]);
    await machine.advance(10_000);
    expect(fired).toEqual(["first", "second"]);
  });

  test("lets what came in meanwhile be read before anything is late", async () => {
    const { machine, fired, after } = started();
    for (const name of ["a", "b"]) after(300, name);
    await machine.advance(200);
    machine.sleep(60_000);
    await machine.advance(900);
    expect(fired).toEqual([]);
    await machine.advance(1_000);
    expect(fired).toEqual(["a", "b"]);
  });

  test("never goes back, and gives no timer more time, when what came in is read before any timer fires", async () => {
    const { machine, clock, fired, after } = started();
    after(60_000, "old");
    await machine.advance(500);
    machine.sleep(3_600_000);
    const woken = clock.now();
    expect(woken).toBeLessThan(2_000);
    after(30_000, "new");
    await machine.advance(10_000);
    expect(clock.now()).toBe(woken + 10_000);
    await machine.advance(20_000);
    expect(fired).toEqual(["new"]);
  });

  test("takes no mere delay for a sleep", async () => {
    const { machine, clock, fired, after } = started();
    after(500, "a");
    await machine.advance(400);
    machine.sleep(900);
    await machine.advance(0);
    expect(fired).toEqual(["a"]);
    expect(clock.now()).toBe(1_300);
  });

  test("forgets a timer that is stopped after a sleep", async () => {
    const { machine, fired, after } = started();
    const stop = after(5_000, "a");
    machine.sleep(60_000);
    await machine.advance(500);
    stop();
    await machine.advance(60_000);
    expect(fired).toEqual([]);
  });
});

test("a gateway that slept finds its calls, servers and sessions as they were", async () => {
  const machine = new Machine();
  const answer = Promise.withResolvers<Params>();
  const runtime = new FakeRuntime({
    busy: fakeServer({ slow: () => answer.promise }),
    idle: fakeServer({ hello: () => text("hello") }),
  });
  const events: GatewayEvent[] = [];
  const gateway = await createGateway({
    runtimes: [runtime],
    clock: awakeClock(machine),
    onEvent: (event) => events.push(event),
    config: {
      servers: [fakeEntry("busy"), fakeEntry("idle")],
      request_timeout_seconds: 5,
      health_check_interval_seconds: 10,
      idle_timeout_seconds: 60,
    },
  });
  const client = await TestClient.connect(gateway);
  expect(await client.call("idle__hello")).toBe("hello");
  const call = client.call("busy__slow");
  await machine.advance(4_000);
  machine.sleep(3_600_000);
  // All that is late fires before anything is read, as in Node.
  machine.jump(0);
  answer.resolve(text("at last"));
  expect(await call).toBe("at last");
  await machine.advance(20_000);
  for (const server of ["busy", "idle"]) expect(statesOf(events, server)).toEqual(["starting", "ready"]);
  expect(gateway.stats().sessions).toBe(1);
  await machine.advance(60_000);
  for (const server of ["busy", "idle"]) expect(statesOf(events, server).at(-1)).toBe("stopped");
  await gateway[Symbol.asyncDispose]();
});

import { describe, expect, test } from "vitest";
import { OmgError, type RuntimeV1, type StartRequest } from "../src/runtime/index.ts";
import { fakeServer, type Handler, text } from "./support/fake-runtime.ts";
import { statesOf, testGateway } from "./support/gateway.ts";
import { seededRandom } from "./support/seeded-random.ts";
import { TestClient } from "./support/test-client.ts";
import { settle } from "./support/virtual-clock.ts";

const echo = { echo: () => text("hi") };
const crash: Handler = (_, instance) => {
  instance.crash();
  return new Promise(() => {});
};

describe("starting", () => {
  test("nothing starts until a client needs it", async () => {
    const { gateway, runtime } = await testGateway({ a: fakeServer(echo) });
    const client = await TestClient.connect(gateway);
    await client.result("initialize", { protocolVersion: "2025-11-25", capabilities: {} });
    expect(runtime.starts).toBe(0);
    expect(await client.call("a__echo")).toBe("hi");
    expect(runtime.starts).toBe(1);
  });

  test("1,000 callers that come at once make one start, and all are answered", async () => {
    const gate = Promise.withResolvers<void>();
    const { gateway, runtime } = await testGateway({
      a: fakeServer(echo, { beforeStart: () => gate.promise }),
    });
    const clients = await Promise.all(Array.from({ length: 100 }, () => TestClient.connect(gateway, "a")));
    const calls = clients.flatMap((client) => Array.from({ length: 10 }, () => client.call("echo")));
    gate.resolve();
    expect(new Set(await Promise.all(calls))).toEqual(new Set(["hi"]));
    expect(runtime.starts).toBe(1);
  });

  test("a failed start reaches every waiting caller, and a later call tries again", async () => {
    let broken = true;
    const beforeStart = async () => {
      if (broken) throw new Error("no disk");
    };
    const { gateway, runtime, clock } = await testGateway({ a: fakeServer(echo, { beforeStart }) });
    const client = await TestClient.connect(gateway, "a");
    const refusals = await Promise.all(
      Array.from({ length: 20 }, () => client.refusal("tools/call", { name: "echo" })),
    );
    expect(new Set(refusals.map(({ reason }) => reason))).toEqual(new Set(["upstream_start_failed"]));
    expect(refusals[0]?.message).toContain("no disk");
    expect(runtime.starts).toBe(1);
    broken = false;
    await clock.advance(1300);
    expect(await client.call("echo")).toBe("hi");
  });

  test("a server that wants a login is tried again at once: after the login the next call must do", async () => {
    let loggedIn = false;
    const beforeStart = async () => {
      if (!loggedIn) throw new OmgError("upstream_auth_required", { message: "log in with: omg login a" });
    };
    const { gateway } = await testGateway({ a: fakeServer(echo, { beforeStart }) });
    const client = await TestClient.connect(gateway, "a");
    const refusal = await client.refusal("tools/call", { name: "echo" });
    expect(refusal).toMatchObject({ reason: "upstream_auth_required" });
    loggedIn = true;
    expect(await client.call("echo")).toBe("hi");
  });

  test("a server that never shakes hands fails at its start timeout and leaves nothing running", async () => {
    const silent = fakeServer(echo, { methods: { initialize: () => new Promise(() => {}) } });
    const { gateway, runtime, clock } = await testGateway({ a: silent }, { start_timeout_seconds: 7 });
    const client = await TestClient.connect(gateway, "a");
    const refusal = client.refusal("tools/call", { name: "echo" });
    await clock.advance(6999);
    expect(client.received).toHaveLength(0);
    await clock.advance(400);
    expect(await refusal).toMatchObject({
      reason: "upstream_start_failed",
      detail: "init_timeout",
      executed: "no",
    });
    expect(runtime.running).toBe(0);
  });

  test("a start that takes too long says how far its runtime had come", async () => {
    const beforeStart = async ({ progress }: StartRequest<unknown>) => {
      progress("fetching the image");
      await new Promise(() => {});
    };
    const { gateway, clock } = await testGateway({ a: fakeServer(echo, { beforeStart }) });
    const client = await TestClient.connect(gateway, "a");
    const refusal = client.refusal("tools/call", { name: "echo" });
    await clock.advance(30_500);
    expect(await refusal).toMatchObject({
      detail: "init_timeout",
      message: expect.stringContaining("was not ready within 30 s (fetching the image)"),
    });
  });

  test("a crash loop is tried at most six times in its first minute, and refused fast in between", async () => {
    const dies = fakeServer(echo, { methods: { "tools/call": crash } });
    const { gateway, runtime, clock } = await testGateway({ a: dies });
    const client = await TestClient.connect(gateway, "a");
    const reasons = new Set<unknown>();
    for (let second = 0; second < 60; second++) {
      for (let turn = 0; turn < 5; turn++)
        reasons.add((await client.refusal("tools/call", { name: "x" })).reason);
      await clock.advance(1000);
    }
    expect(runtime.starts).toBeGreaterThanOrEqual(4);
    expect(runtime.starts).toBeLessThanOrEqual(6);
    expect(reasons).toEqual(new Set(["upstream_closed", "upstream_backoff"]));
  });

  test("a server that never starts is tried at most six times in a minute, and refused fast in between", async () => {
    const beforeStart = () => Promise.reject(new Error("no disk"));
    const { gateway, runtime, clock, events } = await testGateway({ a: fakeServer(echo, { beforeStart }) });
    const client = await TestClient.connect(gateway, "a");
    const refuse = () => client.refusal("tools/call", { name: "echo" });
    expect(await refuse()).toMatchObject({ reason: "upstream_start_failed", executed: "no" });
    const refusal = await refuse();
    expect(refusal).toMatchObject({ reason: "upstream_backoff", executed: "no", retryable: true });
    expect(refusal.retryAfterMs).toBeGreaterThanOrEqual(1000);
    expect(refusal.message).toContain("no disk");
    for (let second = 0; second < 60; second++) {
      await clock.advance(1000);
      await refuse();
    }
    expect(runtime.starts).toBeGreaterThanOrEqual(5);
    expect(runtime.starts).toBeLessThanOrEqual(6);
    expect(statesOf(events, "a").slice(0, 4)).toEqual(["starting", "backoff", "failed", "starting"]);
  });

  test.each([
    ["the gateway itself has no means for", "overloaded", "fd_exhausted"],
    ["finds no answer where the server would run", "runtime_unavailable", "engine_down"],
  ] as const)("a start that %s is tried again after a second, however often", async (_, reason, detail) => {
    let isWanting = true;
    const want = new OmgError(reason, { detail, message: "not now" });
    const beforeStart = async () => {
      if (isWanting) throw want;
    };
    const { gateway, runtime, clock } = await testGateway({ a: fakeServer(echo, { beforeStart }) });
    const client = await TestClient.connect(gateway, "a");
    for (let second = 1; second <= 20; second++) {
      expect(await client.refusal("tools/call", { name: "echo" })).toMatchObject({
        reason,
        detail,
        phase: "start",
        server: "a",
      });
      expect(await client.refusal("tools/call", { name: "echo" })).toMatchObject({
        reason: "upstream_backoff",
        retryAfterMs: 1_000,
      });
      await clock.advance(1_000);
      expect(runtime.starts).toBe(second);
    }
    isWanting = false;
    expect(await client.call("echo")).toBe("hi");
  });

  test("a place to run that says when to ask again is asked then, also by what is fetched first", async () => {
    const { gateway, runtime, clock } = await testGateway({ a: fakeServer(echo) });
    let asked = 0;
    (runtime as RuntimeV1).prepare = async () => {
      if (++asked <= 3) {
        throw new OmgError("runtime_unavailable", { retryAfterMs: 2_500, message: "no engine answers" });
      }
    };
    const client = await TestClient.connect(gateway, "a");
    for (let round = 1; round <= 3; round++) {
      expect(await client.refusal("tools/call", { name: "echo" })).toMatchObject({
        reason: "runtime_unavailable",
        retryable: true,
        retryAfterMs: 2_500,
        message: "no engine answers",
      });
      await clock.advance(2_499);
      expect(await client.refusal("tools/call", { name: "echo" })).toMatchObject({
        reason: "upstream_backoff",
        message: expect.stringContaining("no engine answers"),
      });
      await clock.advance(1);
      expect(asked).toBe(round);
    }
    expect(await client.call("echo")).toBe("hi");
  });

  test("a crash after a minute of health is made good at once", async () => {
    const { gateway, runtime, clock } = await testGateway(
      { a: fakeServer(echo) },
      { idle_timeout_seconds: 0 },
    );
    const client = await TestClient.connect(gateway, "a");
    for (let round = 0; round < 5; round++) {
      expect(await client.call("echo")).toBe("hi");
      await clock.advance(61_000);
      runtime.last.crash();
      await settle();
    }
    expect(runtime.starts).toBe(5);
  });

  test("no more than eight servers start at a time", async () => {
    const gate = Promise.withResolvers<void>();
    const names = Array.from({ length: 30 }, (_, index) => `s${index}`);
    const servers = Object.fromEntries(
      names.map((name) => [name, fakeServer(echo, { beforeStart: () => gate.promise })]),
    );
    const { gateway, runtime } = await testGateway(servers);
    const client = await TestClient.connect(gateway);
    const calls = names.map((name) => client.call(`${name}__echo`));
    await settle();
    expect(runtime.mostRunningStarts).toBe(8);
    gate.resolve();
    await Promise.all(calls);
    expect(runtime.mostRunningStarts).toBe(8);
  });

  test.for([
    { way: "of the server alone", server: "a", name: "echo" },
    { way: "of all servers", server: undefined, name: "a__echo" },
  ])("more than 1,024 callers $way that wait are refused with a reason", async ({ server, name }) => {
    const gate = Promise.withResolvers<void>();
    const { gateway, runtime } = await testGateway({
      a: fakeServer(echo, { beforeStart: () => gate.promise }),
    });
    const clients = await Promise.all([1, 2].map(() => TestClient.connect(gateway, server)));
    const answers = clients.flatMap((client) =>
      Array.from({ length: 1000 }, () => client.ask("tools/call", { name })),
    );
    await settle();
    // Those who do not fit learn it at once.
    expect(clients.flatMap(({ received }) => received)).toHaveLength(2000 - 1024);
    gate.resolve();
    const refused = (await Promise.all(answers)).filter((answer) => "error" in answer);
    expect(refused).toHaveLength(2000 - 1024);
    const data = { reason: "overloaded", detail: "queue_full", executed: "no", retryAfterMs: 1000 };
    for (const answer of refused) expect(answer).toMatchObject({ error: { data } });
    expect(runtime.starts).toBe(1);
  });

  test("a caller that gives up leaves the start to the others", async () => {
    const gate = Promise.withResolvers<void>();
    const { gateway, runtime } = await testGateway({
      a: fakeServer(echo, { beforeStart: () => gate.promise }),
    });
    const client = await TestClient.connect(gateway, "a");
    void client.ask("tools/call", { name: "echo" }, "leaver");
    const stays = client.call("echo");
    client.notify("notifications/cancelled", { requestId: "leaver" });
    gate.resolve();
    expect(await stays).toBe("hi");
    expect(runtime.starts).toBe(1);
    expect(client.received.some((message) => "id" in message && message.id === "leaver")).toBe(false);
  });

  test.each([
    ["all servers", undefined, "a__echo"],
    ["one server", "a", "echo"],
  ])("a caller with a progress token hears that its server is starting: %s", async (_, server, name) => {
    const gate = Promise.withResolvers<void>();
    const { gateway, clock } = await testGateway({
      a: fakeServer(echo, { beforeStart: () => gate.promise }),
    });
    const client = await TestClient.connect(gateway, server);
    const answer = client.ask("tools/call", { name, _meta: { progressToken: 0 } });
    await clock.advance(11_000);
    gate.resolve();
    await answer;
    const progress = client.received
      .filter((message) => "method" in message)
      .map((message) => message.params);
    expect(progress.length).toBeGreaterThanOrEqual(3);
    expect(progress[0]).toMatchObject({ progressToken: 0, message: "Starting server 'a'" });
    const values = progress.map((params) => params?.progress as number);
    expect(values).toEqual([...values].sort((a, b) => a - b));
  });
});

describe("a caller that gives up a start it was told of", () => {
  test.each([
    ["all servers", undefined, "a__echo"],
    ["one server", "a", "echo"],
  ])("hears no more of it, and its call is over at once: %s", async (_, server, name) => {
    const gate = Promise.withResolvers<void>();
    const { gateway, clock } = await testGateway({
      a: fakeServer(echo, { beforeStart: () => gate.promise }),
    });
    const client = await TestClient.connect(gateway, server);
    void client.ask("tools/call", { name, _meta: { progressToken: 0 } }, "leaver");
    await settle();
    expect(client.received).toHaveLength(1);
    client.notify("notifications/cancelled", { requestId: "leaver" });
    await settle();
    expect(client.session?.callsInFlight).toBe(0);
    await clock.advance(11_000);
    gate.resolve();
    await clock.advance(1000);
    expect(client.received).toHaveLength(1);
  });
});

describe("stopping", () => {
  test("an idle server stops, and says nothing before its time", async () => {
    const { gateway, runtime, clock, events } = await testGateway(
      { a: fakeServer(echo) },
      { idle_timeout_seconds: 10 },
    );
    const client = await TestClient.connect(gateway, "a");
    await client.call("echo");
    await clock.advance(9999);
    expect(runtime.running).toBe(1);
    await clock.advance(1);
    expect(runtime.running).toBe(0);
    expect(statesOf(events, "a")).toEqual(["starting", "ready", "stopping", "stopped"]);
  });

  test("an open session alone keeps no server awake, a call in flight does", async () => {
    const held = Promise.withResolvers<void>();
    const hold = { hold: () => held.promise.then(() => text("done")) };
    const { gateway, runtime, clock } = await testGateway(
      { a: fakeServer(hold) },
      { idle_timeout_seconds: 5, request_timeout_seconds: 600 },
    );
    const client = await TestClient.connect(gateway, "a");
    const call = client.call("hold");
    await clock.advance(500_000);
    expect(runtime.running).toBe(1);
    held.resolve();
    expect(await call).toBe("done");
    await clock.advance(4999);
    expect(runtime.running).toBe(1);
    await clock.advance(1);
    expect(runtime.running).toBe(0);
  });

  test("idle_timeout_seconds 0 never stops a server", async () => {
    const { gateway, runtime, clock } = await testGateway(
      { a: fakeServer(echo) },
      {},
      { idle_timeout_seconds: 0 },
    );
    const client = await TestClient.connect(gateway, "a");
    await client.call("echo");
    await clock.advance(10_000_000);
    expect(runtime.running).toBe(1);
  });

  test("a stop by hand waits for the calls in flight, and a call that comes meanwhile starts the server anew", async () => {
    const held = Promise.withResolvers<void>();
    const hold = { hold: () => held.promise.then(() => text("done")), ...echo };
    const { gateway, runtime, events } = await testGateway({ a: fakeServer(hold) });
    const client = await TestClient.connect(gateway, "a");
    const inFlight = client.call("hold");
    await settle();
    const stopped = gateway.stopServer("a");
    const late = client.call("echo");
    await settle();
    expect(gateway.server("a")?.state).toBe("draining");
    held.resolve();
    expect(await inFlight).toBe("done");
    expect(await stopped).toBe(true);
    expect(await late).toBe("hi");
    expect(runtime.starts).toBe(2);
    expect(statesOf(events, "a").slice(0, 5)).toEqual([
      "starting",
      "ready",
      "draining",
      "stopping",
      "stopped",
    ]);
  });

  test("a stop while starting ends the start, and its callers learn why", async () => {
    const beforeStart = ({ signal }: { signal: AbortSignal }) =>
      new Promise<void>((_, reject) => signal.addEventListener("abort", () => reject(signal.reason)));
    const { gateway, runtime } = await testGateway({ a: fakeServer(echo, { beforeStart }) });
    const client = await TestClient.connect(gateway, "a");
    const refusal = client.refusal("tools/call", { name: "echo" });
    await settle();
    expect(await gateway.stopServer("a")).toBe(true);
    expect((await refusal).message).toContain("was stopped");
    expect(gateway.server("a")?.state).toBe("stopped");
    expect(runtime.running).toBe(0);
  });

  test("a dispose that never ends does not hold the server for ever", async () => {
    const { gateway, clock } = await testGateway({
      a: fakeServer(echo, { beforeDispose: () => new Promise(() => {}) }),
    });
    const client = await TestClient.connect(gateway, "a");
    await client.call("echo");
    const stopped = gateway.stopServer("a");
    await clock.advance(20_000);
    expect(await stopped).toBe(true);
    expect(await client.call("echo")).toBe("hi");
  });

  test("draining the gateway answers what is in flight and refuses what comes", async () => {
    const held = Promise.withResolvers<void>();
    const { gateway, runtime, clock } = await testGateway({
      a: fakeServer({ hold: () => held.promise.then(() => text("done")) }),
    });
    const client = await TestClient.connect(gateway, "a");
    const inFlight = client.call("hold");
    await settle();
    const drained = gateway.drain();
    expect(await client.refusal("tools/call", { name: "hold" })).toMatchObject({
      reason: "draining",
      retryable: true,
    });
    held.resolve();
    await drained;
    expect(await inFlight).toBe("done");
    await gateway[Symbol.asyncDispose]();
    expect(runtime.running).toBe(0);
    expect(clock.armed).toBe(0);
  });
});

describe("the edge of the idle timeout", () => {
  test("100,000 calls timed there lose none", async () => {
    const idleMs = 1000;
    let disposals = 0;
    const beforeDispose = () =>
      new Promise<void>((resolve) => {
        disposals++;
        clock.after(disposals % 4, resolve);
      });
    const server = fakeServer(echo, { beforeDispose });
    const { gateway, runtime, clock } = await testGateway(
      { a: server },
      { idle_timeout_seconds: idleMs / 1000 },
    );
    const client = await TestClient.connect(gateway, "a");
    let answered = 0;
    const random = seededRandom(7);
    await client.call("echo");
    for (let turn = 0; turn < 100_000; turn++) {
      // Sometimes the timer fires in the very turn of the call, sometimes it has had time to act.
      clock.jump(idleMs - 5 + Math.floor(random() * 11));
      if (random() < 0.3) await Promise.resolve();
      const call = client.call("echo").then(() => answered++);
      clock.jump(4);
      for (let tick = 0; tick < 200 && answered <= turn; tick++) {
        await Promise.resolve();
        if (tick % 20 === 19) clock.jump(1);
      }
      await call;
    }
    expect(answered).toBe(100_000);
    // The edge was met from both sides.
    expect(runtime.starts).toBeGreaterThan(10_000);
    expect(runtime.starts).toBeLessThan(90_000);
  }, 120_000);
});

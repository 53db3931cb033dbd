import { describe, expect, test } from "vitest";
import { createGateway } from "../src/gateway/create-gateway.ts";
import { OmgError, type Reason } from "../src/runtime/errors.ts";
import type { InstanceV1, RuntimeV1 } from "../src/runtime/v1.ts";
import { fakeServer, text } from "./support/fake-runtime.ts";
import { statesOf, testGateway } from "./support/gateway.ts";
import { optionsRuntime } from "./support/options-runtime.ts";
import { TestClient } from "./support/test-client.ts";
import { settle, VirtualClock } from "./support/virtual-clock.ts";

const echo = { echo: () => text("hi") };
const never = new Promise<never>(() => {});

test("a gateway that can not be made leaves no timer behind", async () => {
  const clock = new VirtualClock();
  const config = { servers: [{ id: "a", runtime: { type: "x" }, inherit_env: 5 as unknown as string[] }] };
  await expect(createGateway({ config, runtimes: [], clock })).rejects.toThrow();
  expect(clock.armed).toBe(0);
});

describe("a runtime that does not keep its word", () => {
  test("a start that never settles ends at the start timeout, and what it makes later is disposed", async () => {
    const { gateway, runtime, clock } = await testGateway(
      { a: fakeServer(echo) },
      { start_timeout_seconds: 5 },
    );
    const late = Promise.withResolvers<InstanceV1>();
    const start = runtime.start.bind(runtime);
    runtime.start = (request) => start(request).then((instance) => late.promise.then(() => instance));
    const client = await TestClient.connect(gateway, "a");
    const refusal = client.refusal("tools/call", { name: "echo" });
    await clock.advance(5000);
    expect(await refusal).toMatchObject({ reason: "upstream_start_failed", detail: "init_timeout" });
    expect(runtime.running).toBe(1);
    late.resolve(runtime.last);
    await settle();
    expect(runtime.running).toBe(0);
  });

  test("a start that fails says when it is worth another try", async () => {
    const busy = new OmgError("upstream_backoff", { retryAfterMs: 7000, message: "busy" });
    const { gateway } = await testGateway({ a: fakeServer({}, { beforeStart: () => Promise.reject(busy) }) });
    const client = await TestClient.connect(gateway, "a");
    expect(await client.refusal("tools/list")).toMatchObject({
      reason: "upstream_backoff",
      retryAfterMs: 7000,
    });
  });

  test("a start that fails is not tried again before the server wants it", async () => {
    const busy = new OmgError("upstream_backoff", { retryAfterMs: 90_000, message: "busy" });
    const beforeStart = () => Promise.reject(busy);
    const { gateway, runtime, clock } = await testGateway({ a: fakeServer(echo, { beforeStart }) });
    const client = await TestClient.connect(gateway, "a");
    await client.refusal("tools/call", { name: "echo" });
    await clock.advance(89_000);
    expect(await client.refusal("tools/call", { name: "echo" })).toMatchObject({
      reason: "upstream_backoff",
      retryAfterMs: 1000,
    });
    expect(runtime.starts).toBe(1);
    await clock.advance(1000);
    await client.refusal("tools/call", { name: "echo" });
    expect(runtime.starts).toBe(2);
  });

  test("an instance that asks to be left alone when it is looked after stays", async () => {
    const busy = new OmgError("upstream_backoff", { retryAfterMs: 90_000, message: "busy" });
    const beforeSend = (message: object) => {
      if ("method" in message && message.method === "ping") throw busy;
    };
    const { gateway, runtime, clock } = await testGateway(
      { a: fakeServer(echo, { beforeSend }) },
      { health_check_interval_seconds: 5 },
    );
    const client = await TestClient.connect(gateway, "a");
    expect(await client.call("echo")).toBe("hi");
    await clock.advance(6000);
    expect(runtime.running).toBe(1);
  });

  test("eight starts that hang do not keep a ninth server from its client", async () => {
    const hanging = Array.from({ length: 20 }, (_, index) => [
      `h${index}`,
      fakeServer(echo, { beforeStart: () => never }),
    ]);
    const { gateway, clock } = await testGateway({ ...Object.fromEntries(hanging), well: fakeServer(echo) });
    const lister = await TestClient.connect(gateway);
    void lister.ask("tools/list");
    await settle();
    const client = await TestClient.connect(gateway, "well");
    expect(await client.call("echo")).toBe("hi");
    const disposed = gateway[Symbol.asyncDispose]();
    await clock.advance(1);
    await disposed;
  });

  test("one that can not end what it started stops no other from ending, and the gateway's end says so", async () => {
    const slow = Promise.withResolvers<void>();
    const ended: string[] = [];
    const runtimeOf = (name: string, end: () => Promise<void>): RuntimeV1 => ({
      ...optionsRuntime(name, { "~standard": { version: 1, vendor: "t", validate: () => ({ value: {} }) } }),
      async [Symbol.asyncDispose]() {
        await end();
        ended.push(name);
      },
    });
    const runtimes = [
      runtimeOf("odd", () => {
        throw "thrown";
      }),
      runtimeOf("docker", () => Promise.reject(new Error("no engine answers"))),
      runtimeOf("slow", () => slow.promise),
    ];
    const gateway = await createGateway({ config: { servers: [] }, runtimes });
    const end = gateway[Symbol.asyncDispose]();
    const refused = expect(end).rejects.toThrow(
      "What was started could not all be ended: odd: thrown; docker: no engine answers",
    );
    await settle();
    slow.resolve();
    await refused;
    expect(ended).toEqual(["slow"]);
  });

  test("a transport whose start hangs ends at the start timeout", async () => {
    const { gateway, runtime, clock } = await testGateway(
      { a: fakeServer(echo) },
      { start_timeout_seconds: 5 },
    );
    const start = runtime.start.bind(runtime);
    runtime.start = async (request) => {
      const instance = await start(request);
      instance.transport.start = () => never;
      return instance;
    };
    const client = await TestClient.connect(gateway, "a");
    const refusal = client.refusal("tools/call", { name: "echo" });
    await clock.advance(5000);
    expect(await refusal).toMatchObject({ reason: "upstream_start_failed", detail: "init_timeout" });
    expect(runtime.running).toBe(0);
  });

  test("a prepare that fails is a failed start, with its words", async () => {
    const { gateway, runtime } = await testGateway({ a: fakeServer(echo) });
    (runtime as RuntimeV1).prepare = async ({ log }) => {
      log("manifest unknown");
      throw new Error("no such image");
    };
    const refusal = await (await TestClient.connect(gateway, "a")).refusal("tools/list");
    expect(refusal).toMatchObject({ reason: "upstream_start_failed" });
    expect(refusal.message).toContain("no such image");
    expect(refusal.message).toContain("manifest unknown");
  });

  test("an error of a reason nobody knows still answers the call", async () => {
    const beforeStart = () => Promise.reject(new OmgError("from_the_future" as Reason, { message: "new" }));
    const { gateway } = await testGateway({ a: fakeServer(echo, { beforeStart }) });
    const client = await TestClient.connect(gateway, "a");
    expect(await client.ask("tools/list")).toMatchObject({
      error: { code: -32603, data: { reason: "from_the_future" } },
    });
    expect(client.session?.callsInFlight).toBe(0);
  });

  test("an exit that rejects, against the contract, is an exit", async () => {
    const { gateway, runtime, clock } = await testGateway({ a: fakeServer(echo) });
    const start = runtime.start.bind(runtime);
    const exit = Promise.withResolvers<never>();
    runtime.start = async (request) =>
      Object.defineProperty(await start(request), "exited", { value: exit.promise });
    const client = await TestClient.connect(gateway, "a");
    await client.call("echo");
    exit.reject(new Error("lost track"));
    await clock.advance(1500);
    expect(gateway.server("a")?.state).toBe("failed");
  });

  test("a transport that throws instead of rejecting fails the call, not the gateway", async () => {
    const { gateway, runtime } = await testGateway({ a: fakeServer(echo) });
    const client = await TestClient.connect(gateway, "a");
    await client.call("echo");
    runtime.last.transport.sendFrame = () => {
      throw new Error("thrown");
    };
    expect(await client.refusal("tools/call", { name: "echo" })).toMatchObject({ reason: "upstream_closed" });
    expect(gateway.server("a")?.callsInFlight).toBe(0);
  });

  test("a notification that can not be sent is not taken for the reason of a later loss", async () => {
    const { gateway, runtime } = await testGateway({ a: fakeServer({ never: () => never, ...echo }) });
    const client = await TestClient.connect(gateway, "a");
    await client.call("echo");
    const { transport } = runtime.last;
    const sendFrame = transport.sendFrame.bind(transport);
    const full = new OmgError("overloaded", { detail: "queue_full", message: "full" });
    transport.sendFrame = () => Promise.reject(full);
    client.notify("notifications/odd");
    await settle();
    transport.sendFrame = sendFrame;
    const refusal = client.refusal("tools/call", { name: "never" });
    await settle();
    runtime.last.crash();
    expect(await refusal).toMatchObject({ reason: "upstream_closed" });
  });

  test("a validator that throws, or another interface, disables its servers and says why", async () => {
    const broken = {
      specVersion: "v1",
      name: "broken",
      options: {
        "~standard": { version: 1, vendor: "t", validate: () => Promise.reject(new Error("validator bug")) },
      },
      start: () => never,
    } as unknown as RuntimeV1;
    const future = { ...broken, specVersion: "v2", name: "future" } as unknown as RuntimeV1;
    const servers = ["broken", "future", "missing"].map((type) => ({ id: type, runtime: { type } }));
    const gateway = await createGateway({ config: { servers }, runtimes: [broken, future] });
    const problems = gateway.servers().map(({ state, problem }) => `${state}: ${problem}`);
    expect(problems[0]).toContain("disabled: The runtime broken failed to check its options: validator bug");
    expect(problems[1]).toContain("disabled: The runtime future is made for interface v2");
    expect(problems[2]).toContain("disabled: Server 'missing' has unknown runtime type: missing");
    await gateway[Symbol.asyncDispose]();
  });

  test("two servers never share an instance id, however alike their ids are", async () => {
    const ids = ["acme-internal-tools-search", "acme-internal-tools-billing", "Foo", "foo", "日本", "中国"];
    const { gateway, runtime } = await testGateway(
      Object.fromEntries(ids.map((id) => [id, fakeServer(echo)])),
    );
    for (const id of ids) await gateway.startServer(id);
    expect(new Set(runtime.requests.map(({ instanceId }) => instanceId)).size).toBe(ids.length);
    for (const { instanceId } of runtime.requests)
      expect(instanceId).toMatch(/^[a-z0-9][a-z0-9-]{0,61}[a-z0-9]$/);
  });

  test("a listener that throws changes nothing", async () => {
    const { gateway, runtime, events } = await testGateway({ a: fakeServer(echo) });
    events.push = () => {
      throw new Error("listener bug");
    };
    const client = await TestClient.connect(gateway, "a");
    expect(await client.call("echo")).toBe("hi");
    expect(runtime.starts).toBe(1);
  });
});

describe("what is lost", () => {
  test("has its transport closed", async () => {
    const { gateway, runtime } = await testGateway({ a: fakeServer(echo) });
    const client = await TestClient.connect(gateway, "a");
    await client.call("echo");
    let closed = 0;
    runtime.last.transport.close = async () => {
      closed++;
    };
    runtime.last.crash();
    await settle();
    expect(closed).toBe(1);
  });

  test("gets no new calls once it has exited, though it may still answer those it has", async () => {
    const held = Promise.withResolvers<void>();
    const tools = { hold: () => held.promise.then(() => text("last words")), ...echo };
    const { gateway, runtime, clock, events } = await testGateway({ a: fakeServer(tools) });
    const client = await TestClient.connect(gateway, "a");
    const inFlight = client.call("hold");
    await settle();
    const first = runtime.last;
    first.exit("exit code 0");
    await settle();
    const next = client.call("echo");
    held.resolve();
    expect(await inFlight).toBe("last words");
    await clock.advance(1500);
    expect(await next).toBe("hi");
    expect(runtime.starts).toBe(2);
    expect(statesOf(events, "a")).toContain("draining");
  });
});

describe("secrets", () => {
  test("of a server are in no message about it", async () => {
    const beforeStart = async ({ log }: { log(line: string): void }) => {
      log("401 for key sk-from-env-123 and inherited-secret-1");
      throw new Error("could not run sk-from-variable-9");
    };
    const runtimeServers = { a: fakeServer(echo, { beforeStart }) };
    const { gateway } = await testGateway(
      runtimeServers,
      {},
      {
        env: { TOKEN: "sk-from-env-123" },
        inherit_env: ["INHERITED"],
        secrets: ["sk-from-variable-9"],
      },
      { INHERITED: "inherited-secret-1" },
    );
    const refusal = await (await TestClient.connect(gateway, "a")).refusal("tools/list");
    const all = JSON.stringify([refusal, gateway.servers().map(({ problem }) => problem)]);
    expect(all).toContain("[redacted]");
    for (const secret of ["sk-from-env-123", "inherited-secret-1", "sk-from-variable-9"])
      expect(all).not.toContain(secret);
  });
});

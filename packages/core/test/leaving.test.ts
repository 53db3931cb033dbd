import { describe, expect, test } from "vitest";
import { fakeServer, text } from "./support/fake-runtime.ts";
import { statesOf, testGateway } from "./support/gateway.ts";
import { TestClient } from "./support/test-client.ts";
import { settle } from "./support/virtual-clock.ts";

/** A server with a slow tool, which answers when it is let. */
function slowServer() {
  const gate = Promise.withResolvers<void>();
  const server = fakeServer({
    slow: async (_, instance) => {
      await gate.promise;
      return text(instance.id);
    },
    which: (_, instance) => text(instance.id),
  });
  return { server, finish: gate.resolve };
}

describe("an instance that should get no new calls", () => {
  test("answers the calls that it has, and the next ones start another", async () => {
    const { server, finish } = slowServer();
    const { gateway, runtime } = await testGateway({ a: server });
    const client = await TestClient.connect(gateway, "a");
    const first = await client.call("which");
    const slow = client.call("slow");
    await settle();
    runtime.last.leave("its place is wanted");
    await settle();
    const next = client.call("which");
    await settle();
    expect(runtime.starts).toBe(1);
    finish();
    expect(await slow).toBe(first);
    expect(await next).not.toBe(first);
    expect([runtime.starts, runtime.running]).toEqual([2, 1]);
  });

  test("is stopped at once if nobody uses it, which is no failure", async () => {
    const { gateway, runtime, events } = await testGateway({
      a: slowServer().server,
    });
    const client = await TestClient.connect(gateway, "a");
    await client.call("which");
    runtime.last.leave("its place is wanted");
    await settle();
    expect(runtime.running).toBe(0);
    expect(statesOf(events, "a")).toEqual(["starting", "ready", "stopping", "stopped"]);
    await client.call("which");
    expect(runtime.starts).toBe(2);
  });

  test("fails the calls that last too long, saying why", async () => {
    const { gateway, runtime, clock } = await testGateway(
      { a: slowServer().server },
      { request_timeout_seconds: 3600 },
    );
    const client = await TestClient.connect(gateway, "a");
    const refusal = client.refusal("tools/call", { name: "slow" });
    await settle();
    runtime.last.leave("its place is wanted");
    await clock.advance(30_000);
    expect(await refusal).toMatchObject({ reason: "upstream_closed", executed: "unknown" });
    expect((await refusal).message).toContain("its place is wanted");
    expect(runtime.running).toBe(0);
  });

  test("makes way for another one, started by itself, where a subscription holds it", async () => {
    const { gateway, runtime } = await testGateway({
      a: fakeServer(
        { which: (_, instance) => text(instance.id) },
        { methods: { "resources/subscribe": () => ({}) } },
      ),
    });
    const client = await TestClient.connect(gateway, "a");
    await client.result("resources/subscribe", { uri: "file:///one" });
    runtime.last.leave("its place is wanted");
    await settle();
    expect([runtime.starts, runtime.running]).toEqual([2, 1]);
  });
});

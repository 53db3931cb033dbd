import { expect, test } from "vitest";
import { fakeServer, text } from "./support/fake-runtime.ts";
import { testGateway } from "./support/gateway.ts";
import { TestClient } from "./support/test-client.ts";
import { settle } from "./support/virtual-clock.ts";

const forever = () => new Promise<never>(() => {});
const quick = () => text("quick");

/** Sends as many calls as are wanted, none of which is ever answered. */
function pour(client: TestClient, tool: string, count: number): void {
  for (let index = 0; index < count; index++) void client.ask("tools/call", { name: tool });
}

const overloaded = {
  reason: "overloaded",
  detail: "inflight",
  executed: "no",
  retryable: true,
  retryAfterMs: 1000,
};

test("a client that starts 500 servers starts eight at a time, and holds up nobody whose server runs", async () => {
  const gates = Array.from({ length: 500 }, () => Promise.withResolvers<void>());
  const servers = gates.map(({ promise }, index) => {
    return [`cold${index}`, fakeServer({ quick }, { beforeStart: () => promise })] as const;
  });
  const { gateway, runtime } = await testGateway({
    warm: fakeServer({ quick }),
    ...Object.fromEntries(servers),
  });
  const [client, greedy] = [await TestClient.connect(gateway), await TestClient.connect(gateway)];
  expect(await client.call("warm__quick")).toBe("quick");
  const calls = servers.map(([id]) => greedy.call(`${id}__quick`));
  for (const { resolve } of gates) {
    await settle();
    expect(await client.call("warm__quick")).toBe("quick");
    resolve();
  }
  expect(new Set(await Promise.all(calls))).toEqual(new Set(["quick"]));
  expect(runtime.mostRunningStarts).toBe(8);
});

test("a session may have 1,024 requests in flight, and takes none of those of others", async () => {
  const { gateway } = await testGateway({ a: fakeServer({ forever, quick }) });
  const [client, greedy] = [await TestClient.connect(gateway, "a"), await TestClient.connect(gateway, "a")];
  await greedy.call("quick");
  pour(greedy, "forever", 1024);
  expect(await greedy.refusal("tools/call", { name: "quick" })).toMatchObject(overloaded);
  expect(await greedy.refusal("ping")).toMatchObject(overloaded);
  expect(await client.call("quick")).toBe("quick");
});

test("a server may have 4,096 requests in flight, the gateway 16,384, and both take more when some are answered", async () => {
  const waiting = Promise.withResolvers<ReturnType<typeof text>>();
  const tools = { forever, quick, waiting: () => waiting.promise };
  const ids = ["a", "b", "c", "d", "e"];
  const { gateway } = await testGateway(Object.fromEntries(ids.map((id) => [id, fakeServer(tools)])));
  const greedy = async (server: string, calls: number) => {
    const client = await TestClient.connect(gateway, server);
    await client.call("quick");
    pour(client, "forever", calls);
    return client;
  };
  const last = await TestClient.connect(gateway, "a");
  await last.call("quick");
  const answered = last.call("waiting");
  for (const calls of [1024, 1024, 1024, 1023]) await greedy("a", calls);
  await settle();
  expect(await last.refusal("tools/call", { name: "quick" })).toMatchObject({ ...overloaded, server: "a" });
  for (const id of ["b", "c", "d"]) for (let count = 0; count < 4; count++) await greedy(id, 1024);
  await settle();
  const client = await TestClient.connect(gateway, "e");
  const refusal = await client.refusal("tools/call", { name: "quick" });
  expect(refusal).toMatchObject(overloaded);
  expect(refusal.message).toContain("16384");
  waiting.resolve(text("at last"));
  expect(await answered).toBe("at last");
  expect(await client.call("quick")).toBe("quick");
  expect(await last.call("quick")).toBe("quick");
});

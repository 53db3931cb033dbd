import { expect, test } from "vitest";
import type { Params } from "../src/runtime/transport.ts";
import { type FakeInstance, fakeServer, text } from "./support/fake-runtime.ts";
import { testGateway } from "./support/gateway.ts";
import { ModernClient } from "./support/modern-client.ts";
import { TestClient } from "./support/test-client.ts";
import { settle } from "./support/virtual-clock.ts";

function logging(setLevel: () => Params | Promise<Params> = () => ({})) {
  const heard: unknown[] = [];
  const say = (instance: FakeInstance, level: string) =>
    instance.say({ jsonrpc: "2.0", method: "notifications/message", params: { level, data: "x" } });
  const server = fakeServer(
    {
      log: (_args, instance) => {
        heard.push("call");
        for (const level of ["debug", "info", "error"]) say(instance, level);
        return text("logged");
      },
    },
    {
      methods: {
        initialize: ({ protocolVersion }) => ({
          protocolVersion,
          capabilities: { logging: {}, tools: {} },
          serverInfo: { name: "l", version: "1" },
        }),
        "logging/setLevel": ({ level }) => {
          heard.push(level);
          return setLevel();
        },
      },
    },
  );
  return { server, heard };
}

const levelsOf = (client: ModernClient) =>
  client.told.flatMap((message) =>
    "method" in message && message.method === "notifications/message" ? [message.params?.level] : [],
  );

test.each([
  [undefined, "shared"],
  ["a", "shared"],
  ["a", "session"],
] as const)(
  "log messages come with a request that wants them, as it wants them, and with no other (%s, %s)",
  async (server, scope) => {
    const { server: fake, heard } = logging();
    const { gateway } = await testGateway({ a: fake }, {}, { scope });
    const client = new ModernClient(gateway, { server });
    const params = { name: server ? "log" : "a__log" };
    await client.result("tools/call", params);
    expect(levelsOf(client)).toEqual([]);
    await client.result("tools/call", params, { logLevel: "info" });
    expect(levelsOf(client)).toEqual(["info", "error"]);
    await client.result("tools/call", params, { logLevel: "error" });
    expect(levelsOf(client)).toEqual(["info", "error", "error"]);
    expect(heard.filter((word) => word === "call")).toHaveLength(3);
  },
);

test("a server is told the level before the call, and the usual one after it", async () => {
  const { server, heard } = logging();
  const { gateway } = await testGateway({ a: server });
  const client = new ModernClient(gateway, { server: "a" });
  await client.result("tools/call", { name: "log" }, { logLevel: "debug" });
  await settle();
  expect(heard).toEqual(["debug", "call", "info"]);
  await client.result("tools/call", { name: "log" }, { logLevel: "warning" });
  await settle();
  expect(heard).toEqual(["debug", "call", "info", "warning", "call", "info"]);
});

test("a request's level takes nothing from a session that shares the server", async () => {
  const { server, heard } = logging();
  const { gateway } = await testGateway({ a: server });
  const session = await TestClient.connect(gateway, "a");
  await session.result("logging/setLevel", { level: "notice" });
  const client = new ModernClient(gateway, { server: "a" });
  await client.result("tools/call", { name: "log" }, { logLevel: "error" });
  await client.result("tools/call", { name: "log" }, { logLevel: "debug" });
  await settle();
  expect(heard).toEqual(["notice", "call", "debug", "call", "notice"]);
});

test("a server that does not take note of levels holds a request up for two seconds at most", async () => {
  const { server } = logging(() => new Promise(() => {}));
  const { gateway, clock } = await testGateway({ a: server });
  const client = new ModernClient(gateway, { server: "a" });
  await client.result("tools/call", { name: "log" });
  const answer = client.result("tools/call", { name: "log" }, { logLevel: "debug" });
  await clock.advance(2000);
  expect(await answer).toMatchObject(text("logged"));
});

test("a level that is none is refused", async () => {
  const { gateway } = await testGateway({ a: logging().server });
  const client = new ModernClient(gateway, { server: "a" });
  expect(await client.error("tools/call", { name: "log" }, { logLevel: "loud" })).toMatchObject({
    code: -32602,
  });
});

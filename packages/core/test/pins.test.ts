import { describe, expect, test } from "vitest";
import type { GatewayConfig, ServerConfig } from "../src/config/types.ts";
import type { GatewayEvent } from "../src/gateway/events.ts";
import { memoryStore } from "../src/gateway/memory-store.ts";
import type { Gateway } from "../src/gateway/types.ts";
import { OmgError } from "../src/runtime/errors.ts";
import { requestFrame } from "../src/runtime/frame.ts";
import type { JsonRpcMessage, Params } from "../src/runtime/transport.ts";
import { type DefinedServer, definedServer, lockFor, pinsFor, tool } from "./support/defined-server.ts";
import { fakeEntry, testGateway } from "./support/gateway.ts";
import { ModernClient } from "./support/modern-client.ts";
import { TestClient } from "./support/test-client.ts";
import { settle } from "./support/virtual-clock.ts";

const read = tool("read");
const write = tool("write");
/** One space more. */
const changedRead = tool("read", "Does read ");
const changed: JsonRpcMessage = { jsonrpc: "2.0", method: "notifications/tools/list_changed" };

const namesOf = (result: Params) => (result.tools as { name: string }[]).map(({ name }) => name);
const hashOf = (definition: Params) => pinsFor(definition).get(String(definition.name))?.hash;
const warnings = (events: readonly GatewayEvent[]) =>
  events.flatMap((event) => (event.type === "server-warning" ? [event.message] : []));

/** Ways to reach the tools of server `s`: how they are called there, and how a request is made. */
const ways: readonly [string, { prefix: string; ask: (gateway: Gateway) => Promise<Asker> }][] = [
  [
    "a session on all servers",
    { prefix: "s__", ask: async (gateway) => asker(await TestClient.connect(gateway)) },
  ],
  [
    "a session on one server",
    { prefix: "", ask: async (gateway) => asker(await TestClient.connect(gateway, "s")) },
  ],
  ["no session on all servers", { prefix: "s__", ask: async (gateway) => asker(new ModernClient(gateway)) }],
  [
    "no session on one server",
    { prefix: "", ask: async (gateway) => asker(new ModernClient(gateway, { server: "s" })) },
  ],
  [
    "a lone request",
    {
      prefix: "",
      ask: async (gateway) => async (method, params) =>
        (await gateway.request("s", requestFrame(1, method, params))).value(),
    },
  ],
];

type Asker = (method: string, params?: Params) => Promise<JsonRpcMessage>;

function asker(client: { ask(method: string, params?: Params): Promise<JsonRpcMessage> }): Asker {
  return (method, params) => client.ask(method, params);
}

async function guarded(defined: DefinedServer, pinned: readonly Params[], more: Partial<GatewayConfig> = {}) {
  return testGateway({ s: defined.server }, { pins: "block", lock: lockFor({ s: pinned }), ...more });
}

/** What a call comes to, an error however it comes. */
async function call(ask: Asker, name: string): Promise<Record<string, unknown>> {
  try {
    const answer = await ask("tools/call", { name, arguments: {} });
    return "error" in answer ? { ...answer.error, ...(answer.error.data as object) } : { answered: true };
  } catch (error) {
    return { ...(error as object), ...(error as { data?: object }).data, message: (error as Error).message };
  }
}

async function list(ask: Asker): Promise<string[]> {
  const answer = await ask("tools/list", {});
  if (!("result" in answer)) throw new Error(JSON.stringify(answer));
  return namesOf(answer.result);
}

describe.each(ways)("pins: block, seen by %s", (_, { prefix, ask }) => {
  test("what is as pinned works, whatever the order of keys", async () => {
    const { name, description, inputSchema } = read;
    const defined = definedServer({ inputSchema, description, name, icons: [] }, write);
    const { gateway } = await guarded(defined, [write, read]);
    const client = await ask(gateway);
    expect(await list(client)).toEqual([`${prefix}read`, `${prefix}write`]);
    expect(await call(client, `${prefix}read`)).toEqual({ answered: true });
    expect(gateway.server("s")).toMatchObject({ problem: undefined, blockedTools: 0 });
  });

  test("a tool that is changed after three lists is hidden, its calls are refused, and its neighbour works", async () => {
    const defined = definedServer(read, write);
    const { gateway, runtime, clock } = await guarded(defined, [read, write]);
    const client = await ask(gateway);
    for (let round = 0; round < 3; round++) expect(await list(client)).toHaveLength(2);
    expect(await call(client, `${prefix}read`)).toEqual({ answered: true });
    await settle();

    defined.tools = [changedRead, write];
    runtime.last.say(changed);
    await clock.advance(2000);
    expect(await list(client)).toEqual([`${prefix}write`]);
    expect(await call(client, `${prefix}read`)).toMatchObject({
      reason: "tool_definition_changed",
      server: "s",
      tool: "read",
      oldHash: hashOf(read),
      newHash: hashOf(changedRead),
      message: expect.stringMatching(/'read'.*'s'.*omg pin --diff s; accept with: omg pin --approve s$/),
    });
    expect(await call(client, `${prefix}write`)).toEqual({ answered: true });
    expect(defined.called).toEqual(["read", "write"]);
    expect(gateway.server("s")).toMatchObject({
      problem: expect.stringMatching(/^1 of its tools/),
      blockedTools: 1,
    });

    defined.tools = [read, write];
    runtime.last.say(changed);
    await clock.advance(2000);
    expect(await list(client)).toHaveLength(2);
    expect(await call(client, `${prefix}read`)).toEqual({ answered: true });
    expect(gateway.server("s")).toMatchObject({ problem: undefined, blockedTools: 0 });
  });

  test("a tool that was renamed or added is not usable", async () => {
    const renamed = { ...read, name: "read_all" };
    const defined = definedServer(renamed, write);
    const { gateway } = await guarded(defined, [read, write]);
    const client = await ask(gateway);
    expect(await list(client)).toEqual([`${prefix}write`]);
    const refused = await call(client, `${prefix}read_all`);
    expect(refused).toMatchObject({ reason: "tool_definition_changed", newHash: hashOf(renamed) });
    expect(refused.oldHash).toBeUndefined();
    expect(defined.called).toEqual([]);
  });

  test("nothing is usable while nothing is pinned, and the way out is told", async () => {
    const defined = definedServer(read);
    const { gateway, events } = await testGateway({ s: defined.server }, { pins: "block" });
    const client = await ask(gateway);
    expect(await list(client)).toEqual([]);
    const refused = await call(client, `${prefix}read`);
    expect(refused).toMatchObject({ reason: "tool_definition_changed", newHash: hashOf(read) });
    expect(refused.message).toMatch(/none of its tools is pinned; .*omg pin s$/);
    expect(defined.called).toEqual([]);
    expect(gateway.server("s")?.problem).toBe(refused.message);
    await settle();
    expect(warnings(events)).toEqual([refused.message]);
  });

  test("a lock that can not be read makes the server unusable, with the reason, and no other", async () => {
    const [s, other] = [definedServer(read), definedServer(read)];
    const lock = { servers: new Map(), problem: "its pins can not be read: omg.lock.yaml:3:5: bad" };
    const servers = [fakeEntry("s", { pins: "block" }), fakeEntry("other")];
    const { gateway } = await testGateway({ s: s.server, other: other.server }, { servers, lock });
    const client = await ask(gateway);
    if (prefix !== "") expect(await list(client)).toEqual(["other__read"]);
    else
      expect(await call(client, "read")).toMatchObject({
        reason: "server_disabled",
        message: `Server 's' is disabled: ${lock.problem}`,
      });
    expect(gateway.server("s")).toMatchObject({ state: "disabled", problem: lock.problem });
    expect(gateway.server("other")).toMatchObject({ problem: undefined });
    expect(s.called).toEqual([]);
  });
});

describe("pins: block", () => {
  test("a call to a server whose list nobody knows learns the list first", async () => {
    const defined = definedServer(changedRead);
    const { gateway, runtime } = await guarded(defined, [read]);
    const client = await TestClient.connect(gateway, "s");
    expect(await client.refusal("tools/call", { name: "read" })).toMatchObject({
      reason: "tool_definition_changed",
    });
    expect(runtime.last.received.map((message) => "method" in message && message.method)).toContain(
      "tools/list",
    );
    expect(defined.called).toEqual([]);
  });

  test("a call that starts a server anew is checked by what the new instance lists", async () => {
    const defined = definedServer(read);
    const { gateway, runtime } = await guarded(defined, [read]);
    const client = await TestClient.connect(gateway, "s");
    expect(await client.call("read")).toBe("read");
    await gateway.stopServer("s");
    defined.tools = [changedRead];
    expect(await client.refusal("tools/call", { name: "read" })).toMatchObject({
      reason: "tool_definition_changed",
    });
    expect(defined.called).toEqual(["read"]);
    expect(runtime.starts).toBe(2);
  });

  test("a call to an instance that does not list its tools is not made, whatever is remembered", async () => {
    const defined = definedServer(read);
    const { gateway, clock } = await guarded(defined, [read]);
    const client = await TestClient.connect(gateway, "s");
    await client.call("read");
    await gateway.stopServer("s");
    defined.server.methods["tools/list"] = () => new Promise(() => {});
    for (let round = 0; round < 2; round++) {
      const refusal = client.refusal("tools/call", { name: "read" });
      await clock.advance(31_000);
      expect(await refusal).toMatchObject({ reason: "upstream_timeout", executed: "no" });
    }
    expect(defined.called).toEqual(["read"]);
  });

  test("a call behind an announced change waits for the list", async () => {
    const defined = definedServer(read);
    const { gateway, runtime, clock } = await guarded(defined, [read]);
    const client = await TestClient.connect(gateway, "s");
    await client.call("read");
    const listed = Promise.withResolvers<Params>();
    defined.server.methods["tools/list"] = () => listed.promise;
    runtime.last.say(changed);
    await clock.advance(2000);
    const refusal = client.refusal("tools/call", { name: "read" });
    await settle();
    expect(defined.called).toEqual(["read"]);
    listed.resolve({ tools: [changedRead] });
    expect(await refusal).toMatchObject({ reason: "tool_definition_changed" });
    expect(defined.called).toEqual(["read"]);
  });

  test("a call waits for the newest list when the server announces another change while it is asked", async () => {
    const defined = definedServer(read);
    const { gateway, runtime, clock } = await guarded(defined, [read]);
    const client = await TestClient.connect(gateway, "s");
    await client.call("read");
    const lists = [Promise.withResolvers<Params>(), Promise.withResolvers<Params>()];
    let asked = 0;
    defined.server.methods["tools/list"] = () => (lists[asked++] as (typeof lists)[number]).promise;
    for (let change = 0; change < 2; change++) {
      runtime.last.say(changed);
      await clock.advance(2000);
    }
    const refusal = client.refusal("tools/call", { name: "read" });
    lists[0]?.resolve({ tools: [read] });
    await settle();
    lists[1]?.resolve({ tools: [changedRead] });
    expect(await refusal).toMatchObject({ reason: "tool_definition_changed" });
    expect(defined.called).toEqual(["read"]);
  });

  test("a call waits for the newest list when changes are announced more often than they are asked for", async () => {
    const defined = definedServer(read);
    const { gateway, runtime } = await guarded(defined, [read]);
    const client = await TestClient.connect(gateway, "s");
    await client.call("read");
    runtime.last.say(changed);
    await settle();
    defined.tools = [changedRead];
    runtime.last.say(changed);
    await settle();
    expect(await client.refusal("tools/call", { name: "read" })).toMatchObject({
      reason: "tool_definition_changed",
    });
    expect(defined.called).toEqual(["read"]);
  });

  test("a call behind an announced change that the server does not list is not made", async () => {
    const defined = definedServer(read);
    const { gateway, runtime, clock } = await guarded(defined, [read]);
    const client = await TestClient.connect(gateway, "s");
    await client.call("read");
    defined.server.methods["tools/list"] = () => new Promise(() => {});
    runtime.last.say(changed);
    await clock.advance(31_000);
    const refusal = client.refusal("tools/call", { name: "read" });
    await clock.advance(31_000);
    expect(await refusal).toMatchObject({ reason: "upstream_timeout" });
    expect(defined.called).toEqual(["read"]);
  });

  test("a call to an instance that refuses to list its tools is not made, whatever is remembered", async () => {
    const defined = definedServer(read);
    const { gateway } = await guarded(defined, [read]);
    const client = await TestClient.connect(gateway, "s");
    await client.call("read");
    await gateway.stopServer("s");
    const list = defined.server.methods["tools/list"] as () => Params;
    defined.server.methods["tools/list"] = () => {
      throw new Error("not today");
    };
    for (let round = 0; round < 2; round++) {
      expect(await client.refusal("tools/call", { name: "read" })).toMatchObject({
        reason: "tool_definition_changed",
        message: expect.stringContaining("can not be checked"),
      });
    }
    expect(defined.called).toEqual(["read"]);
    defined.server.methods["tools/list"] = list;
    expect(await client.call("read")).toBe("read");
  });

  test("a call that is made again in a new session is checked by what the server lists there", async () => {
    const defined = definedServer(read);
    const { gateway, runtime } = await guarded(defined, [read]);
    const client = await TestClient.connect(gateway, "s");
    await client.call("read");
    let forgets = true;
    defined.server.beforeSend = (message) => {
      if (!forgets || !("method" in message) || message.method !== "tools/call") return;
      forgets = false;
      defined.tools = [changedRead];
      throw new OmgError("upstream_closed", { detail: "session_lost", executed: "no", message: "forgotten" });
    };
    expect(await client.refusal("tools/call", { name: "read" })).toMatchObject({
      reason: "tool_definition_changed",
    });
    expect(runtime.starts).toBe(2);
    expect(defined.called).toEqual(["read"]);
  });

  test("a list that is under way when the policy comes is checked by it", async () => {
    const defined = definedServer(read);
    const { gateway } = await testGateway({ s: defined.server });
    const client = await TestClient.connect(gateway, "s");
    await client.call("read");
    const listed = Promise.withResolvers<Params>();
    defined.server.methods["tools/list"] = () => listed.promise;
    const list = client.result("tools/list");
    await settle();
    await gateway.reload({ servers: [fakeEntry("s")], pins: "block", lock: lockFor({ s: [write] }) });
    listed.resolve({ tools: [read, write] });
    expect(namesOf(await list)).toEqual(["write"]);
  });

  test("a change that the server does not announce is noticed when a client lists its tools", async () => {
    const defined = definedServer(read, write);
    const { gateway } = await guarded(defined, [read, write]);
    const client = await TestClient.connect(gateway, "s");
    await client.call("read");
    defined.tools = [changedRead, write];
    expect(namesOf(await client.result("tools/list"))).toEqual(["write"]);
    await settle();
    expect(await client.refusal("tools/call", { name: "read" })).toMatchObject({
      reason: "tool_definition_changed",
    });
    expect(defined.called).toEqual(["read"]);
  });

  test("a list is checked page by page, and by what it says itself", async () => {
    const defined = definedServer();
    const pages: Record<string, Params> = {
      "": { tools: [read, changedRead], nextCursor: "2", _meta: { kept: 1 } },
      2: { tools: [changedRead, write] },
    };
    defined.server.methods["tools/list"] = ({ cursor }) => pages[String(cursor ?? "")] as Params;
    const { gateway } = await guarded(defined, [read, write]);
    const client = await TestClient.connect(gateway, "s");
    expect(await client.result("tools/list")).toEqual({ ...pages[""], tools: [read] });
    expect(await client.result("tools/list", { cursor: "2" })).toEqual({ tools: [write] });
  });

  test("a name that no tool has is refused, with what is known", async () => {
    const defined = definedServer(write);
    const { gateway } = await guarded(defined, [read, write]);
    const client = await TestClient.connect(gateway, "s");
    expect(await client.refusal("tools/call", { name: "read" })).toMatchObject({
      reason: "tool_definition_changed",
      oldHash: hashOf(read),
      message: expect.stringContaining("no longer lists"),
    });
    expect(await client.refusal("tools/call", { name: "x" })).toMatchObject({
      reason: "tool_definition_changed",
    });
    expect(await client.refusal("tools/call", {})).toMatchObject({ reason: "bad_params" });
    expect(defined.called).toEqual([]);
  });

  test("names on the aggregate do not depend on what is hidden", async () => {
    const defined = definedServer(tool("a b"), tool("a_b"));
    const { gateway } = await guarded(defined, [tool("a b"), tool("a_b")]);
    const client = await TestClient.connect(gateway);
    const [first, second] = namesOf(await client.result("tools/list"));
    await gateway.reload({ servers: [fakeEntry("s")], pins: "block", lock: lockFor({ s: [tool("a b")] }) });
    expect(namesOf(await client.result("tools/list"))).toEqual([first]);
    expect(await client.refusal("tools/call", { name: second })).toMatchObject({ tool: "a_b" });
  });

  test("holds for servers that each session has for itself", async () => {
    const defined = definedServer(changedRead, write);
    const { gateway } = await guarded(defined, [read, write], {
      servers: [fakeEntry("s", { scope: "session" })],
    });
    for (const [, { prefix, ask }] of ways) {
      const client = await ask(gateway);
      expect(await list(client)).toEqual([`${prefix}write`]);
      expect(await call(client, `${prefix}read`)).toMatchObject({ reason: "tool_definition_changed" });
      expect(await call(client, `${prefix}write`)).toEqual({ answered: true });
    }
    expect(new Set(defined.called)).toEqual(new Set(["write"]));
  });

  test("the pins of a server can be had, whatever is pinned, of servers with one instance a session too", async () => {
    for (const scope of ["shared", "session"] as const) {
      const defined = definedServer(read);
      const { gateway, runtime } = await guarded(defined, [], { servers: [fakeEntry("s", { scope })] });
      expect(await gateway.toolPins("s")).toEqual(pinsFor(read));
      defined.tools = [changedRead];
      expect(await gateway.toolPins("s")).toEqual(pinsFor(changedRead));
      await settle();
      expect(runtime.running).toBe(scope === "shared" ? 1 : 0);
    }
  });
});

test("a server that refuses to list its tools has no pins, whatever is remembered", async () => {
  const defined = definedServer(read);
  const { gateway } = await testGateway({ s: defined.server });
  expect(await gateway.toolPins("s")).toEqual(pinsFor(read));
  defined.server.methods["tools/list"] = () => {
    throw new Error("not today");
  };
  await expect(gateway.toolPins("s")).rejects.toMatchObject({
    reason: "upstream_protocol_error",
    message: "Server 's' answers tools/list with: not today",
  });
});

describe("a change of pins or policy", () => {
  const entry = (pins?: ServerConfig["pins"]) => fakeEntry("s", { pins });
  const configs: readonly [string, Partial<GatewayConfig>, Partial<GatewayConfig>][] = [
    [
      "the lock",
      { pins: "block", lock: lockFor({ s: [read, write] }) },
      { pins: "block", lock: lockFor({ s: [write] }) },
    ],
    [
      "the policy",
      { pins: "warn", lock: lockFor({ s: [write] }) },
      { pins: "block", lock: lockFor({ s: [write] }) },
    ],
    [
      "the server's policy",
      { servers: [entry("off")], pins: "block", lock: lockFor({ s: [write] }) },
      { servers: [entry()], pins: "block", lock: lockFor({ s: [write] }) },
    ],
  ];

  test.each(configs)("counts at once, tells clients and restarts nothing: %s", async (_, before, after) => {
    const defined = definedServer(read, write);
    const { gateway, runtime, clock } = await testGateway({ s: defined.server }, before);
    const clients = [await TestClient.connect(gateway), await TestClient.connect(gateway, "s")];
    for (const client of clients) expect(namesOf(await client.result("tools/list"))).toHaveLength(2);
    expect(await clients[1]?.call("read")).toBe("read");
    await settle();
    for (const client of clients) client.received.length = 0;

    await gateway.reload({ servers: [entry()], ...after });
    expect(await clients[1]?.refusal("tools/call", { name: "read" })).toMatchObject({
      reason: "tool_definition_changed",
    });
    await clock.advance(1000);
    for (const client of clients) {
      await client.heard("notifications/tools/list_changed");
      expect(namesOf(await client.result("tools/list"))).toHaveLength(1);
    }

    await gateway.reload({ servers: [entry()], ...before });
    expect(await clients[1]?.call("read")).toBe("read");
    expect(runtime.starts).toBe(1);
  });

  test("an entry that can not be read any more stays as guarded as it was", async () => {
    const defined = definedServer(changedRead);
    const { gateway } = await testGateway(
      { s: defined.server },
      { servers: [entry("block")], lock: lockFor({ s: [read] }) },
    );
    const client = await TestClient.connect(gateway, "s");
    await gateway.reload({ servers: [fakeEntry("s", { problem: "broken" })], lock: lockFor({ s: [read] }) });
    expect(await client.refusal("tools/call", { name: "read" })).toMatchObject({
      reason: "tool_definition_changed",
    });
  });

  test("a call that waits for a server when its entry is removed stays as guarded as it was", async () => {
    const defined = definedServer(changedRead);
    const started = Promise.withResolvers<void>();
    defined.server.beforeStart = () => started.promise;
    const { gateway } = await guarded(defined, [read]);
    const client = await TestClient.connect(gateway);
    const refusal = client.refusal("tools/call", { name: "s__read" });
    const direct = gateway.request("s", requestFrame(1, "tools/call", { name: "read" }));
    await settle();
    await gateway.reload({ servers: [] });
    started.resolve();
    await refusal;
    await expect(direct).rejects.toMatchObject({ reason: "tool_definition_changed" });
    expect(defined.called).toEqual([]);
  });

  test("a lock that breaks while the server runs refuses it, and mended gives it back, the same instance", async () => {
    const defined = definedServer(read);
    const { gateway, runtime } = await guarded(defined, [read]);
    const client = await TestClient.connect(gateway, "s");
    await client.call("read");
    await gateway.reload({
      servers: [entry()],
      pins: "block",
      lock: { servers: new Map(), problem: "broken" },
    });
    expect(await client.refusal("tools/call", { name: "read" })).toMatchObject({ reason: "server_disabled" });
    await gateway.reload({ servers: [entry()], pins: "block", lock: lockFor({ s: [read] }) });
    expect(await client.call("read")).toBe("read");
    expect(runtime.starts).toBe(1);
  });
});

describe("pins: warn", () => {
  async function changing(config: Partial<GatewayConfig>, ...lists: readonly Params[][]) {
    const defined = definedServer(...(lists[0] ?? []));
    const { gateway, runtime, clock, events } = await testGateway({ s: defined.server }, config);
    const client = await TestClient.connect(gateway, "s");
    await client.result("tools/list");
    await settle();
    for (const tools of lists.slice(1)) {
      defined.tools = tools;
      runtime.last.say(changed);
      await clock.advance(2000);
    }
    expect(namesOf(await client.result("tools/list"))).toEqual(lists.at(-1)?.map(({ name }) => name));
    expect(await client.call("read")).toBe("read");
    return warnings(events);
  }

  test("is the default: a tool that means something else than before is told, with what to do", async () => {
    const told = await changing({}, [read, write], [read, write], [changedRead, write], [changedRead, write]);
    expect(told).toEqual([expect.stringMatching(/'s' has changed .* changed 'read'\. .*omg pin --diff s/)]);
  });

  test("says nothing of tools that come and go while nothing is pinned", async () => {
    expect(await changing({}, [read], [read, write], [read])).toEqual([]);
  });

  test("tells once for each way in which tools differ from their pins, in both directions", async () => {
    const lock = lockFor({ s: [read, write] });
    const decorated = { ...changedRead, icons: [] };
    const told = await changing(
      { lock },
      [read, write],
      [changedRead],
      [decorated],
      [read, write],
      [changedRead],
      [changedRead, tool("x")],
    );
    expect(told).toEqual([
      expect.stringMatching(
        /'s' differ from their pins: changed 'read', gone 'write'\. .*omg pin --approve s$/,
      ),
      expect.stringMatching(/changed 'read', gone 'write'/),
      expect.stringMatching(/changed 'read', new 'x', gone 'write'/),
    ]);
  });

  test("tells of a change behind a restart of the gateway's server", async () => {
    const defined = definedServer(read);
    const { gateway, events } = await testGateway({ s: defined.server });
    const client = await TestClient.connect(gateway, "s");
    await client.result("tools/list");
    await gateway.stopServer("s");
    defined.tools = [changedRead];
    await client.call("read");
    await settle();
    expect(warnings(events)).toEqual([expect.stringContaining("changed 'read'")]);
  });

  test("tells of a change while the gateway was away", async () => {
    const store = memoryStore();
    const defined = definedServer(read);
    const before = await testGateway({ s: defined.server }, {}, {}, {}, store);
    await before.gateway.warmServer("s");
    await before.gateway[Symbol.asyncDispose]();
    defined.tools = [changedRead];
    const { gateway, events } = await testGateway({ s: defined.server }, {}, {}, {}, store);
    const client = await TestClient.connect(gateway);
    await client.call("s__read");
    await settle();
    expect(warnings(events)).toEqual([expect.stringContaining("changed 'read'")]);
  });

  test("tells of tools that differ from pins which came while the gateway was away", async () => {
    const store = memoryStore();
    const defined = definedServer(changedRead);
    const before = await testGateway({ s: defined.server }, {}, {}, {}, store);
    await before.gateway.warmServer("s");
    await before.gateway[Symbol.asyncDispose]();
    const lock = lockFor({ s: [read] });
    const { gateway, events } = await testGateway({ s: defined.server }, { lock }, {}, {}, store);
    const client = await TestClient.connect(gateway);
    await client.call("s__read");
    await settle();
    expect(warnings(events)).toEqual([expect.stringMatching(/'s' differ from their pins: changed 'read'/)]);
  });

  test("tells of a change that only a client's own list shows", async () => {
    const defined = definedServer(read);
    const { gateway, events } = await testGateway({ s: defined.server });
    const client = await TestClient.connect(gateway, "s");
    await client.result("tools/list");
    await settle();
    defined.tools = [changedRead];
    await client.result("tools/list");
    await settle();
    expect(warnings(events)).toEqual([expect.stringContaining("changed 'read'")]);
  });

  test("tells when new pins come that the tools do not match", async () => {
    const defined = definedServer(read);
    const { gateway, events } = await testGateway({ s: defined.server });
    await gateway.warmServer("s");
    await gateway.reload({ servers: [fakeEntry("s")], lock: lockFor({ s: [read] }) });
    expect(warnings(events)).toEqual([]);
    await gateway.reload({ servers: [fakeEntry("s")], lock: lockFor({ s: [write] }) });
    expect(warnings(events)).toEqual([expect.stringContaining("new 'read', gone 'write'")]);
  });

  test("pins: off says nothing and checks nothing", async () => {
    const lock = lockFor({ s: [write] });
    expect(await changing({ lock, pins: "off" }, [read], [changedRead])).toEqual([]);
  });

  test("names of tools are quoted so that all of them can be seen", async () => {
    const lock = lockFor({ s: [read, tool("a\u202eb\n")] });
    const [told] = await changing({ lock }, [read]);
    expect(told).toContain("gone 'a\\u202eb\\u000a'.");
  });

  test("many names are cut short", async () => {
    const lock = lockFor({ s: [read, ..."abcdefgh".split("").map((name) => tool(name))] });
    const [told] = await changing({ lock }, [read]);
    expect(told).toContain("gone 'a' 'b' 'c' 'd' 'e' and 3 more.");
  });
});

import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { GatewayEvent } from "../src/gateway/events.ts";
import { lookalikes } from "../src/router/lookalikes.ts";
import { parseFrame, type RequestId } from "../src/runtime/frame.ts";
import type { Params } from "../src/runtime/transport.ts";
import { type FakeInstance, type FakeServer, fakeServer, text } from "./support/fake-runtime.ts";
import { fakeEntry, testGateway } from "./support/gateway.ts";
import { TestClient } from "./support/test-client.ts";

/** A server whose tools and prompts of these names tell whose they are and how they were called. */
function offering(id: string, names: readonly string[]): FakeServer {
  const items = names.map((name) => ({ name }));
  return fakeServer(
    {},
    {
      methods: {
        initialize: ({ protocolVersion }) => ({
          protocolVersion,
          capabilities: { tools: {}, prompts: {} },
          serverInfo: { name: id, version: "1" },
        }),
        "tools/list": () => ({ tools: items }),
        "prompts/list": () => ({ prompts: items }),
        "tools/call": ({ name }) => text(JSON.stringify([id, name])),
        "prompts/get": ({ name }) => ({ messages: [], description: JSON.stringify([id, name]) }),
      },
    },
  );
}

/** A server that lists its tools in these very bytes. */
function listing(tools: string): FakeServer {
  const say = (instance: FakeInstance, id: RequestId) =>
    instance.transport.onframe?.(
      parseFrame(Buffer.from(`{"jsonrpc":"2.0","id":${id},"result":{"tools":[${tools}]}}`)),
    );
  return fakeServer(
    {},
    {
      methods: {
        "tools/list": (_, instance, id) => {
          say(instance, id);
          return new Promise(() => {});
        },
      },
    },
  );
}

function offeringAll(catalog: ReadonlyMap<string, readonly string[]>) {
  const servers = Object.fromEntries([...catalog].map(([id, names]) => [id, offering(id, names)]));
  return testGateway(servers, { servers: [...catalog.keys()].map((id) => fakeEntry(id)) });
}

async function namesOf(client: TestClient, kind: "tools" | "prompts" = "tools"): Promise<string[]> {
  const items = (await client.result(`${kind}/list`))[kind] as { name: string }[];
  return items.map(({ name }) => name);
}

function warnings(events: readonly GatewayEvent[]): string[] {
  return events.flatMap((event) => (event.type === "server-warning" ? [event.message] : []));
}

const odd = [
  "",
  "n".repeat(300),
  "__proto__",
  "constructor",
  "toString",
  "../x",
  "😀",
  "a b",
  "a.b",
  "a\u0000b",
  "plain",
];

describe("odd names of tools", () => {
  test("are all offered, and each call reaches its own", async () => {
    const { gateway, events } = await offeringAll(new Map([["s", odd]]));
    const client = await TestClient.connect(gateway);
    const names = await namesOf(client);
    expect(new Set(names).size).toBe(odd.length);
    for (const [index, name] of names.entries()) {
      expect(name).toMatch(/^s__[A-Za-z0-9_-]{1,61}$/);
      expect(await client.call(name)).toBe(JSON.stringify(["s", odd[index]]));
    }
    expect(names).toContain("s____proto__");
    expect(warnings(events)).toEqual([
      expect.stringContaining("hold characters that models see and people do not"),
      expect.stringMatching(
        /^Some tools of server 's' have names that are .* '' is s__x\w{6}, 'a\\u0000b' is s__a_b_\w{6}, .*'n+…' is s__n/,
      ),
      expect.stringMatching(/^Some prompts of server 's'/),
    ]);
  });

  test("are told from names that JavaScript knows", async () => {
    const { gateway, runtime } = await offeringAll(new Map([["s", ["plain"]]]));
    const client = await TestClient.connect(gateway);
    await namesOf(client);
    for (const name of ["constructor", "toString", "__proto__", "hasOwnProperty"]) {
      for (const asked of [name, `s__${name}`, `${name}__plain`]) {
        expect(await client.refusal("tools/call", { name: asked })).toMatchObject({ reason: "unknown_tool" });
        expect(await client.refusal("prompts/get", { name: asked })).toMatchObject({
          reason: "unknown_prompt",
        });
      }
    }
    expect(
      runtime.last.received.filter((message) => "method" in message && /call|get/.test(message.method)),
    ).toEqual([]);
  });

  test.each([
    ["a name twice", '{"name":"a","title":"1"},{"name":"a","title":"2"},{"name":"b"}', 1],
    ["no name", '{},{"name":7},"x",null,{"name":"a","title":"1"},{"name":"b"}', 4],
    ["two names in one", '{"name":"a","title":"1"},{"name":"other__x","name":"c"},{"name":"b"}', 1],
    ["a name in capitals besides", '{"name":"a","title":"1"},{"Name":"other__x","name":"c"},{"name":"b"}', 1],
  ])("are left out with a warning when nobody could call them: %s", async (_what, tools, count) => {
    const { gateway, events } = await testGateway({ s: listing(tools) });
    const client = await TestClient.connect(gateway);
    const listed = (await client.result("tools/list")).tools as Params[];
    expect(listed).toEqual([{ name: "s__a", title: "1" }, { name: "s__b" }]);
    expect(client.bytes.join()).not.toContain("other__x");
    expect(warnings(events)).toEqual([
      `Server 's' lists ${count} tools that have no name, or one that is not theirs alone`,
    ]);
  });

  test("are told of once, however often the server lists them", async () => {
    const { gateway, events, runtime } = await offeringAll(new Map([["s", ["", "аdd", "add"]]]));
    const client = await TestClient.connect(gateway);
    await namesOf(client);
    const told = warnings(events);
    expect(told).toHaveLength(4);
    expect(told[1]).toBe("Some tools of server 's' have names that look alike: 'аdd' and 'add'");
    for (let round = 0; round < 3; round++) {
      await gateway.stopServer("s");
      await client.call("s__add");
      await namesOf(client);
    }
    await gateway.reload({ servers: [fakeEntry("s")] });
    await namesOf(client);
    expect(runtime.starts).toBe(4);
    expect(warnings(events)).toEqual(told);
  });
});

describe("servers that were made to meet", () => {
  test.each([
    ["acme_ + status, acme + _status", { acme_: ["status"], acme: ["_status"] }],
    ["a + b__c, a__b + c, a_b + c", { a: ["b__c"], a__b: ["c"], a_b: ["c"] }],
    [
      "ids that JavaScript knows",
      { __proto__x: ["y"], constructor: ["y"], toString: ["y"], prototype: ["__proto__"] },
    ],
    ["ids without a plain letter", { 名前: ["x"], 前名: ["x"], _: ["x"], "😀": ["x"] }],
  ])("are both there, and each call reaches its own: %s", async (_what, servers) => {
    const catalog = new Map<string, string[]>(Object.entries(servers));
    const { gateway } = await offeringAll(catalog);
    const client = await TestClient.connect(gateway);
    const names = await namesOf(client);
    const own = [...catalog].flatMap(([id, tools]) => tools.map((tool) => JSON.stringify([id, tool])));
    expect(await Promise.all(names.map((name) => client.call(name)))).toEqual(own);
    expect(new Set(names).size).toBe(own.length);
  });

  test("are told of when an id has to give way or looks like another", async () => {
    const { events } = await offeringAll(new Map(["acme", "acme_", "аcme"].map((id) => [id, ["x"]])));
    expect(warnings(events)).toEqual([
      expect.stringMatching(
        /^Names of server 'acme_' can not begin with its id on \/mcp, but with acme_\w{6}$/,
      ),
      "The ids 'acme' and 'аcme' look alike; on /mcp their names begin with acme and cme",
    ]);
  });

  test("get each call that is theirs, whatever they are called", async () => {
    const letters = fc.constantFrom("a", "b", "_", "__", "-", "é", "😀", ".", "\u200b", "а");
    const name = fc.oneof(
      fc.array(letters, { maxLength: 4 }).map((parts) => parts.join("")),
      fc.constantFrom("__proto__", "constructor", "toString", "a".repeat(70)),
    );
    const entries = fc.tuple(
      name.filter((id) => id !== ""),
      fc.uniqueArray(name, { minLength: 1, maxLength: 4 }),
    );
    const catalogs = fc.uniqueArray(entries, { minLength: 1, maxLength: 4, selector: ([id]) => id });
    await fc.assert(
      fc.asyncProperty(catalogs, async (servers) => {
        const { gateway } = await offeringAll(new Map(servers));
        const client = await TestClient.connect(gateway);
        const own = servers.flatMap(([id, names]) => names.map((tool) => JSON.stringify([id, tool])));
        const names = await namesOf(client);
        expect(await Promise.all(names.map((tool) => client.call(tool)))).toEqual(own);
        const prompts = await namesOf(client, "prompts");
        const told = await Promise.all(
          prompts.map((prompt) => client.result("prompts/get", { name: prompt })),
        );
        expect(told.map(({ description }) => description)).toEqual(own);
        await gateway[Symbol.asyncDispose]();
      }),
      { numRuns: 100 },
    );
  });
});

describe("names that look alike", () => {
  test.each([
    ["a letter of another script", "paypal", "раураl"],
    ["a letter of another width", "add", "ａdd"],
    ["a character of no width", "add", "ad\u200bd"],
    ["one and l", "tool1", "tooll"],
    ["zero and O", "T00L", "TOOL"],
  ])("are found: %s", (_what, one, other) => {
    expect(lookalikes([one, "else", other])).toEqual([[one, other]]);
  });

  test("are none of the usual ones", () => {
    expect(lookalikes(["read", "reed", "Read", "read_1", "read_2", "чтение", "読む", "read"])).toEqual([]);
  });
});

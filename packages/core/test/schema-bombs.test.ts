import { expect, test } from "vitest";
import { type FakeServer, fakeServer, text } from "./support/fake-runtime.ts";
import { testGateway } from "./support/gateway.ts";
import { TestClient } from "./support/test-client.ts";

const many = <Item>(count: number, make: (index: number) => Item): Item[] =>
  Array.from({ length: count }, (_, index) => make(index));

/** As deep as a message may be, seen from the schema. */
const deep = many(18, () => "items").reduce<object>((inner, key) => ({ [key]: { anyOf: [inner] } }), {});

const bombs: readonly [what: string, schema: object][] = [
  ["a $ref to itself", { $ref: "#" }],
  ["$refs in a circle", { $defs: { a: { $ref: "#/$defs/b" }, b: { $ref: "#/$defs/a" } }, $ref: "#/$defs/a" }],
  [
    "$refs that double each time",
    {
      $defs: Object.fromEntries(
        many(60, (at) => [
          `l${at}`,
          { allOf: [{ $ref: `#/$defs/l${at + 1}` }, { $ref: `#/$defs/l${at + 1}` }] },
        ]),
      ),
    },
  ],
  ["a remote $ref", { $ref: "http://127.0.0.1:9/schema.json", $schema: "http://127.0.0.1:9/meta.json" }],
  ["a $ref to a file", { $ref: "file:///etc/passwd" }],
  [
    "a pattern that takes for ever",
    { properties: { a: { pattern: "^(a+)+$", default: `${"a".repeat(40)}!` } } },
  ],
  ["a pattern that is none", { properties: { a: { pattern: "(" } }, patternProperties: { "[": {} } }],
  ["a huge enum", { enum: many(50_000, (index) => `value-${index}`) }],
  ["10,000 alternatives", { anyOf: many(10_000, (index) => ({ const: index, type: "integer" })) }],
  ["as deep as it may be", deep],
];

test("schemas that would break who reads them pass through unread, and others are listed beside them", async () => {
  const tools = bombs.map(([name, inputSchema]) => ({ name, inputSchema, outputSchema: inputSchema }));
  const bomb: FakeServer = fakeServer(
    {},
    { methods: { "tools/list": () => ({ tools }), "tools/call": () => text("called") } },
  );
  const { gateway } = await testGateway({ bomb, good: fakeServer({ x: () => text("") }) });
  const client = await TestClient.connect(gateway);
  const direct = await TestClient.connect(gateway, "bomb");
  const listed = (await client.result("tools/list")).tools as { name: string; inputSchema: object }[];
  for (const { name } of listed.slice(0, bombs.length)) {
    expect(await client.call(name, { a: `${"a".repeat(40)}!` })).toBe("called");
  }
  expect(listed.map(({ inputSchema }) => inputSchema).slice(0, bombs.length)).toEqual(
    bombs.map(([, schema]) => schema),
  );
  expect(listed.at(-1)?.name).toBe("good__x");
  expect((await direct.result("tools/list")).tools).toEqual(tools);
});

test.each(bombs)("a schema takes no time to be listed: %s", async (_what, inputSchema) => {
  const offer = { tools: [{ name: "t", inputSchema }] };
  const { gateway } = await testGateway({ s: fakeServer({}, { methods: { "tools/list": () => offer } }) });
  const client = await TestClient.connect(gateway);
  for (const when of ["the first time", "the second time"]) {
    const begin = performance.now();
    const answer = await client.result("tools/list");
    // Nothing here waits, so this is for how long nobody else is heard. Generous: 50 ms are promised.
    expect(performance.now() - begin, when).toBeLessThan(500);
    expect(answer.tools).toEqual([{ name: "s__t", inputSchema }]);
  }
});

import { describe, expect, test } from "vitest";
import { canonicalJson } from "../src/canonical-json.ts";
import { differences } from "../src/pins/differences.ts";
import { pinOf, pinsOf, setHash } from "../src/pins/tool-pins.ts";
import { type ListedItem, readItems } from "../src/runtime/json-items.ts";
import { quoteVisibly } from "../src/visible-text.ts";

const toolsIn = (...tools: string[]): ListedItem[] =>
  readItems(Buffer.from(`{"tools":[${tools.join(",")}]}`), 0, "tools", "name").items;
const hashOf = (tool: string) => pinOf(toolsIn(tool)[0] as ListedItem).hash;
const setOf = (...tools: string[]) => setHash(pinsOf(toolsIn(...tools)));

const tool = {
  name: "read",
  title: "Read",
  description: "Reads a file",
  inputSchema: { type: "object", properties: { a: { type: "string" }, b: { minimum: 1.5 } } },
  outputSchema: { type: "object" },
  annotations: { readOnlyHint: true },
};

test("canonical JSON is that of RFC 8785", () => {
  const value = {
    numbers: [333333333.3333333, 1e30, 4.5, 2e-3, 1e-27, -0],
    string: '€$\u000f\nA\'B"\\\\"/',
    literals: [null, true, false],
    "\u20ac": 1,
    "\r": 2,
    "\ufb33": 3,
    "1": 4,
    "10": 5,
    "9": 6,
    "\ud83d\ude02": 7,
    "\u0080": 8,
    left: undefined,
  };
  expect(canonicalJson(value)).toBe(
    '{"\\r":2,"1":4,"10":5,"9":6,"literals":[null,true,false],' +
      '"numbers":[333333333.3333333,1e+30,4.5,0.002,1e-27,0],' +
      '"string":"€$\\u000f\\nA\'B\\"\\\\\\\\\\"/","\u0080":8,"€":1,"😂":7,"\ufb33":3}',
  );
});

describe("the pin of a tool", () => {
  test("is the same for any order of keys, any white space, and any way to write a string or number", () => {
    const other =
      '{ "annotations" : {"readOnlyHint":true}, "outputSchema":{"type":"object"},\n"inputSchema":' +
      '{"properties":{"b":{"minimum":15e-1},"a":{"type":"str\\u0069ng"}},"type":"object"},' +
      '"description":"Reads a file","title":"Read","name":"read"}';
    expect(hashOf(other)).toBe(hashOf(JSON.stringify(tool)));
    expect(hashOf(other)).toMatch(/^sha256:[0-9a-f]{64}$/);
  });

  test.each([
    ["name", "read2"],
    ["title", "Read!"],
    ["description", "Reads a file "],
    ["inputSchema", { ...tool.inputSchema, required: ["a"] }],
    ["outputSchema", undefined],
    ["annotations", { readOnlyHint: false }],
  ])("changes with its %s", (key, value) => {
    expect(hashOf(JSON.stringify({ ...tool, [key]: value }))).not.toBe(hashOf(JSON.stringify(tool)));
  });

  test("does not change with what no model sees", () => {
    const decorated = {
      ...tool,
      icons: [{ src: "https://x.example/i.png" }],
      _meta: { a: 1 },
      "x-vendor": 2,
    };
    expect(hashOf(JSON.stringify(decorated))).toBe(hashOf(JSON.stringify(tool)));
  });

  test.each([
    '{"name":"a","description":"evil","description":"good"}',
    '{"name":"a","inputSchema":{"a":1,"a":2}}',
  ])("counts everything where a key stands twice, as readers differ in which one they take: %s", (twice) => {
    const hashes = ["good", "evil"].map((description) =>
      hashOf(`{"name":"a","description":"${description}"}`),
    );
    expect([...hashes, hashOf('{"name":"a","inputSchema":{"a":2}}')]).not.toContain(hashOf(twice));
  });

  test.each(["Description", "INPUTSCHEMA", "title\\u0000"])(
    "counts everything where a lenient reader takes a key for another: %s",
    (key) => {
      const hashes = ["good", "evil"].map((text) =>
        hashOf(`{"name":"a","description":"x","${key}":"${text}"}`),
      );
      expect(new Set([hashOf('{"name":"a","description":"x"}'), ...hashes]).size).toBe(3);
    },
  );

  test("has the description along, for people", () => {
    const [pin] = [...pinsOf(toolsIn(JSON.stringify(tool))).values()];
    expect(pin?.description).toBe("Reads a file");
    expect(pinsOf(toolsIn('{"name":"a","description":7}')).get("a")).not.toHaveProperty("description");
  });
});

describe("the hash of a set of tools", () => {
  const [a, b] = ['{"name":"a"}', '{"name":"b"}'] as const;

  test("does not depend on their order", () => {
    expect(setOf(a, b)).toBe(setOf(b, a));
  });

  test.each([
    ["was added", [a, b, '{"name":"c"}']],
    ["was removed", [a]],
    ["was renamed", [a, '{"name":"c"}']],
    ["was changed", [a, '{"name":"b","title":"B"}']],
  ])("tells that one %s", (_, tools) => {
    expect(setOf(...tools)).not.toBe(setOf(a, b));
  });

  test("takes names that mean something to JavaScript", () => {
    expect(setOf(a, '{"name":"__proto__"}')).not.toBe(setOf(a));
    expect(setOf(a, '{"name":"constructor"}')).not.toBe(setOf(a));
  });
});

test.each([
  ["Reads a file. ", '"Reads a file. "'],
  ['Grüße "x"\n\t😂', '"Grüße \\"x\\"\\n\\t😂"'],
  ["a\u200bb\u202ec\u00a0d\u2028\ufe0f", '"a\\u200bb\\u202ec\\u00a0d\\u2028\\ufe0f"'],
  ["a\u3164", '"a\\u3164"'],
  ["x\u{e0041}", '"x\\udb40\\udc41"'],
])("a text is quoted so that every character of it can be seen: %j", (text, quoted) => {
  expect(quoteVisibly(text)).toBe(quoted);
  expect(JSON.parse(quoted)).toBe(text);
});

test("differences are told by name, with both pins", () => {
  const old = pinsOf(toolsIn('{"name":"same"}', '{"name":"gone"}', '{"name":"changed","title":"A"}'));
  const now = pinsOf(toolsIn('{"name":"same"}', '{"name":"added"}', '{"name":"changed","title":"B"}'));
  expect(differences(old, now)).toEqual([
    { name: "added", old: undefined, now: now.get("added") },
    { name: "changed", old: old.get("changed"), now: now.get("changed") },
    { name: "gone", old: old.get("gone"), now: undefined },
  ]);
  expect(differences(old, old)).toEqual([]);
});

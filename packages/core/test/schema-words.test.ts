import * as v from "valibot";
import { describe, expect, test } from "vitest";
import { mapsOnly, namedMap, schemaWords } from "../src/runtime/index.ts";

/** What is said, as `path: message`. */
function said(schema: v.GenericSchema, value: unknown): string[] {
  const { issues = [] } = v.safeParse(v.config(schema, { message: schemaWords }), value);
  return issues.map((issue) => `${v.getDotPath(issue) ?? ""}: ${issue.message}`);
}

const text = v.string();
const count = v.pipe(v.number(), v.safeInteger(), v.minValue(1), v.maxValue(9));
const ways = v.variant("type", [
  v.strictObject({ type: v.literal("a"), count }),
  v.strictObject({ type: v.literal("b") }),
]);

describe("what is said of", () => {
  const cases: readonly (readonly [
    what: string,
    schema: v.GenericSchema,
    value: unknown,
    words: string[],
  ])[] = [
    ["a text", text, 5, ["Invalid input: expected string, received number"]],
    ["nothing", text, undefined, ["is required"]],
    ["null", text, null, ["Invalid input: expected string, received null"]],
    ["a list", v.array(text), {}, ["Invalid input: expected array, received object"]],
    [
      "a choice",
      v.enum({ Always: "Always", Never: "Never" }),
      "no",
      ['Invalid option: expected one of "Always"|"Never"'],
    ],
    ["a truth value", v.boolean(), [], ["Invalid input: expected boolean, received array"]],
    ["a number", count, "5", ["Invalid input: expected number, received string"]],
    ["what is no number", count, Number.NaN, ["Invalid input: expected number, received NaN"]],
    ["a fraction", count, 1.5, ["Invalid input: expected int, received number"]],
    ["a small number", count, 0, ["Too small: expected number to be >=1"]],
    ["a large number", count, 10, ["Too big: expected number to be <=9"]],
    [
      "a very large number",
      v.pipe(v.number(), v.safeInteger()),
      2 ** 53,
      ["Too big: expected int to be <=9007199254740991"],
    ],
    [
      "a very small number",
      v.pipe(v.number(), v.safeInteger()),
      -(2 ** 53),
      ["Too small: expected int to be >=-9007199254740991"],
    ],
    [
      "an endless number",
      v.pipe(v.number(), v.safeInteger()),
      Number.POSITIVE_INFINITY,
      ["Invalid input: expected number, received Infinity"],
    ],
    [
      "an empty text",
      v.pipe(text, v.minLength(1)),
      "",
      ["Too small: expected string to have >=1 characters"],
    ],
    ["a long text", v.pipe(text, v.maxLength(1)), "ab", ["Too big: expected string to have <=1 characters"]],
    [
      "an empty list",
      v.pipe(v.array(text), v.minLength(1)),
      [],
      ["Too small: expected array to have >=1 items"],
    ],
    [
      "a text of another form",
      v.pipe(text, v.regex(/^a$/)),
      "b",
      ["Invalid string: must match pattern /^a$/"],
    ],
    ["a choice", v.picklist(["a", "b"]), "c", ['Invalid option: expected one of "a"|"b"']],
    ["a fixed text", v.literal("a"), "b", ['Invalid input: expected "a"']],
    ["a fixed number", v.literal(1), "1", ["Invalid input: expected 1"]],
    ["one of several kinds", v.union([text, v.number()]), [], ["Invalid input"]],
    [
      "a check in code",
      v.pipe(
        text,
        v.check(() => false),
      ),
      "a",
      ["Invalid input"],
    ],
    [
      "a check with words of its own",
      v.pipe(
        text,
        v.check(() => false, "no"),
      ),
      "a",
      ["no"],
    ],
    ["no object", v.strictObject({}), "a", ["Invalid input: expected object, received string"]],
  ];

  test.each(cases)("%s", (_what, schema, value, words) => {
    expect(said(schema, value)).toEqual(words.map((word) => `: ${word}`));
    expect(said(v.strictObject({ of: v.array(schema) }), { of: [value] })).toEqual(
      words.map((word) => `of.0: ${word}`),
    );
  });

  test("keys", () => {
    const schema = v.strictObject({ a: text, b: v.optional(text) });
    expect(said(schema, { c: 1 })).toEqual(["a: is required", 'c: Unrecognized key: "c"']);
    expect(said(schema, { a: "x", b: undefined })).toEqual([]);
  });

  test("one of several forms", () => {
    const words = "Invalid discriminator value. Expected 'a' | 'b'";
    expect(said(ways, { type: "c" })).toEqual([`type: ${words}`]);
    expect(said(ways, {})).toEqual([`type: ${words}`]);
    expect(said(ways, "a")).toEqual([": Invalid input: expected object, received string"]);
    expect(said(ways, { type: "a", count: 0 })).toEqual(["count: Too small: expected number to be >=1"]);
  });
});

describe("a map", () => {
  const named = namedMap(v.record(v.pipe(text, v.regex(/^[a-z_]+$/, "small letters")), text));

  test("is no list", () => {
    for (const schema of [v.strictObject({}), v.looseObject({ a: text }), ways]) {
      expect(said(mapsOnly(schema), [])).toEqual([": Invalid input: expected object, received array"]);
      expect(said(v.strictObject({ a: mapsOnly(schema) }), { a: ["b"] })).toEqual([
        "a: Invalid input: expected object, received array",
      ]);
    }
    expect(said(named, [])).toEqual([": Invalid input: expected record, received array"]);
  });

  test("is of no class", () => {
    expect(said(named, new Map())).toEqual([": Invalid input: expected record, received object"]);
    expect(said(named, Object.assign(Object.create(null), { a: "b" }))).toEqual([]);
  });

  test("keeps all of its names", () => {
    const map = JSON.parse('{ "constructor": "a", "prototype": "b", "__proto__": "c", "d": "e" }');
    const { output } = v.safeParse(v.strictObject({ map: named }), { map });
    expect(Object.entries((output as { map: object }).map)).toEqual(Object.entries(map));
    expect(Object.getPrototypeOf((output as { map: object }).map)).toBe(Object.prototype);
  });

  test("is the same for whoever goes by Standard Schema, and its words hold no value", () => {
    const check = (schema: v.GenericSchema, value: unknown) => schema["~standard"].validate(value);
    expect(check(mapsOnly(v.strictObject({})), [])).toMatchObject({ issues: [{}] });
    const names = JSON.parse('{ "constructor": "a", "__proto__": "c" }');
    expect(Object.entries((check(named, names) as { value: object }).value)).toEqual(Object.entries(names));
    const { issues } = check(mapsOnly(v.strictObject({ token: v.number() })), { token: "hunter2" }) as {
      issues: { message: string }[];
    };
    expect(issues.map(({ message }) => message)).toEqual(["Invalid input: expected number, received string"]);
  });

  test("has the names that its schema makes of them, and the words that its schema has", () => {
    const lower = namedMap(v.record(v.pipe(text, v.toLowerCase()), text));
    expect(v.parse(lower, { Ab: "c" })).toEqual({ ab: "c" });
    expect(said(mapsOnly(v.strictObject({}, "must be a map")), [])).toEqual([": must be a map"]);
  });

  test("is made of a record, and not of what a pipe has made of it", () => {
    const piped = v.pipe(
      v.record(text, text),
      v.check(() => false),
    );
    expect(() => namedMap(piped)).toThrow("put the pipe around it");
  });

  test("says what is wrong with each name and value", () => {
    expect(said(v.strictObject({ map: named }), { map: { A: 1, b: 2, constructor: [], d: "e" } })).toEqual([
      "map.A: small letters",
      "map.b: Invalid input: expected string, received number",
      "map.constructor: Invalid input: expected string, received array",
    ]);
  });

  test("is checked as a whole when the kinds in it are right", () => {
    const form = v.pipe(text, v.regex(/^a$/, "must be a"));
    const schema = v.pipe(
      namedMap(v.record(text, form)),
      v.check(() => false, "never"),
    );
    expect(said(schema, { a: "b" })).toEqual(["a: must be a", ": never"]);
    expect(said(schema, { a: 1 })).toEqual(["a: Invalid input: expected string, received number"]);
  });
});

test("nothing that is said holds what was refused", () => {
  const secret = "hunter2-hunter2";
  const forms: readonly v.PipeAction<string, string, v.BaseIssue<unknown>>[] = [
    v.check(() => false),
    v.rawCheck(({ addIssue }) => addIssue()),
    v.regex(/^a$/),
    v.startsWith("a"),
    v.endsWith("a"),
    v.excludes("hunter"),
    v.maxLength(1),
    v.minLength(99),
    v.nonEmpty(),
    v.url(),
    v.value("a"),
    v.values(["a", "b"]),
  ];
  const schemas: readonly v.GenericSchema[] = [
    v.array(text),
    v.boolean(),
    v.custom(() => false),
    v.literal("a"),
    v.looseObject({ a: text }),
    v.null(),
    v.nullable(v.number()),
    v.number(),
    v.object({ a: text }),
    v.optional(v.number()),
    v.picklist(["a", "b"]),
    v.record(text, text),
    v.strictObject({ a: text }),
    v.tuple([text]),
    v.undefined(),
    v.union([v.number(), v.boolean()]),
    v.union([v.pipe(text, v.regex(/^a$/)), v.pipe(text, v.regex(/^b$/))]),
    v.variant("type", [v.strictObject({ type: v.literal("a") })]),
    mapsOnly(v.strictObject({ a: text })),
    namedMap(v.record(text, text)),
    ...forms.map((form) => v.pipe(text, form)),
  ];
  for (const schema of schemas) {
    const below = v.strictObject({ [secret.slice(0, 3)]: v.array(schema), type: v.optional(ways) });
    const words = [
      ...said(schema, secret),
      ...said(mapsOnly(below), {
        hun: [secret, [secret], { a: [secret] }, { type: secret }],
        type: { type: secret },
      }),
      ...said(namedMap(v.record(text, schema)), { a: secret }),
    ];
    expect(words.join("\n")).not.toContain("hunter2");
  }
});

test("a schema of a runtime's options says it through its standard interface too", async () => {
  const schema = v.config(v.strictObject({ list: v.array(v.strictObject({ a: text })) }), {
    message: schemaWords,
  });
  const { issues = [] } = await schema["~standard"].validate({ list: [{ a: 5 }] });
  expect(issues.map(({ message }) => message)).toEqual(["Invalid input: expected string, received number"]);
});

import { describe, expect, test } from "vitest";
import { z } from "zod";
import { checkRuntimeOptions, formatDiagnostic, parseCatalog } from "../src/config/index.ts";
import type { OptionsSchema, RuntimeV1 } from "../src/runtime/index.ts";
import { optionsRuntime } from "./support/options-runtime.ts";

const program = optionsRuntime(
  "program",
  z.strictObject({ command: z.string(), args: z.array(z.string()).optional() }) as OptionsSchema<unknown>,
);

async function check(text: string, runtimes: readonly RuntimeV1[] = [program]) {
  const { servers, locate } = parseCatalog(text, "c.yaml", { variable: () => undefined });
  const checked = await checkRuntimeOptions(servers, runtimes, locate);
  return {
    problems: checked.diagnostics.map(formatDiagnostic),
    servers: checked.servers.map(({ id, problem }) => [id, problem]),
  };
}

describe("the options of a server", () => {
  test("are what its runtime says", async () => {
    const text = "servers: [{ id: a, runtime: { type: program, command: x, args: [y] } }]";
    expect(await check(text)).toEqual({ problems: [], servers: [["a", undefined]] });
  });

  test("disable that server when they do not fit, each with its place", async () => {
    const { problems, servers } = await check(
      "servers:\n" +
        "  - { id: good, runtime: { type: program, command: x } }\n" +
        "  - id: bad\n" +
        "    runtime:\n" +
        "      type: program\n" +
        "      command: 7\n" +
        "      args:\n" +
        "        - ok\n" +
        "        - { not: text }\n",
    );
    const expected = [
      "runtime.command: Invalid input: expected string, received number",
      "runtime.args.1: Invalid input: expected string, received object",
    ];
    expect(problems).toEqual([`c.yaml:6:7: error: ${expected[0]}`, `c.yaml:9:11: error: ${expected[1]}`]);
    expect(servers).toEqual([
      ["good", undefined],
      ["bad", expected.join("; ")],
    ]);
  });

  test("that are missing are reported where they belong", async () => {
    const { problems } = await check("servers:\n  - id: a\n    runtime: { type: program }\n");
    expect(problems).toEqual([
      "c.yaml:3:5: error: runtime.command: Invalid input: expected string, received undefined",
    ]);
  });

  test("of an unknown runtime are not looked at", async () => {
    const { problems, servers } = await check("servers:\n  - id: a\n    runtime:\n      type: programme\n");
    const advice = "a runtime that is not one of the gateway's own must be listed under runtimes";
    const problem = `Server 'a' has unknown runtime type: programme; ${advice}`;
    expect(problems).toEqual([`c.yaml:4:7: error: ${problem}`]);
    expect(servers).toEqual([["a", problem]]);
  });

  test("of an entry that is wrong already are looked at too, so that everything is said at once", async () => {
    const { problems, servers } = await check("servers: [{ id: a, runtime: { type: program }, scope: all }]");
    expect(problems).toEqual([expect.stringContaining("runtime.command: ")]);
    expect(servers[0]?.[1]).toMatch(/^scope: .*; runtime\.command: /);
  });

  test("of an entry with a variable that is not set are looked at for their keys: nobody knows the values", async () => {
    const text = 'servers: [{ id: a, runtime: { type: program, command: 5, args: ["${NOT_SET}"] } }]';
    const { problems } = await check(text);
    expect(problems).toEqual([]);
  });

  test("may be checked later, by any standard schema", async () => {
    const slow = optionsRuntime("slow", {
      "~standard": {
        version: 1,
        vendor: "test",
        validate: async () => ({
          issues: [{ message: "no", path: [{ key: "list" }, 0] }, { message: "at all" }],
        }),
      },
    });
    const { problems } = await check("servers:\n  - id: a\n    runtime: { type: slow, list: [x] }\n", [slow]);
    expect(problems).toEqual([
      "c.yaml:3:35: error: runtime.list.0: no",
      "c.yaml:3:5: error: runtime: at all",
    ]);
  });
});

describe("a key that the options do not know", () => {
  const nested = z.strictObject({
    command: z.string(),
    limits: z.strictObject({ memory: z.string().optional(), cpu: z.number().optional() }).optional(),
    mounts: z.array(z.strictObject({ path: z.string() })).optional(),
    labels: z.record(z.string(), z.string()).optional(),
  });

  test("is named once, at its own place, with what was meant", async () => {
    const { problems, servers } = await check(
      "servers:\n  - id: a\n    runtime:\n      type: program\n      command: x\n      comand: y\n",
    );
    expect(problems).toEqual(['c.yaml:6:7: error: Unknown key "comand". Did you mean "command"?']);
    expect(servers).toEqual([["a", 'Unknown key "comand". Did you mean "command"?']]);
  });

  test("is found in nested maps and in lists; maps of any keys have none", async () => {
    const { problems } = await check(
      "servers:\n  - id: a\n    runtime:\n      type: nested\n      command: x\n      limits: { memry: 1Gi }\n" +
        "      mounts:\n        - path: /a\n        - { path: /b, pth: /c }\n      labels: { any: thing }\n",
      [optionsRuntime("nested", nested)],
    );
    expect(problems).toEqual([
      'c.yaml:6:17: error: Unknown key "memry". Did you mean "memory"?',
      'c.yaml:9:23: error: Unknown key "pth". Did you mean "path"?',
    ]);
  });

  test("is named beside everything else that is wrong", async () => {
    const { problems } = await check("servers:\n  - id: a\n    runtime: { type: program, xyz: y }\n");
    expect(problems).toEqual([
      'c.yaml:3:31: error: Unknown key "xyz".',
      "c.yaml:3:5: error: runtime.command: Invalid input: expected string, received undefined",
    ]);
  });

  test("is not missed as well under the name that was meant", async () => {
    const { problems } = await check("servers:\n  - id: a\n    runtime: { type: program, comand: y }\n");
    expect(problems).toEqual(['c.yaml:3:31: error: Unknown key "comand". Did you mean "command"?']);
  });

  test("is one that the schema drops without a word, but not one that it keeps", async () => {
    const text = "servers: [{ id: a, runtime: { type: t, command: x, comand: y, in: { a: 1, b: 2 } } }]";
    const dropping = z.object({ command: z.string(), in: z.looseObject({ a: z.number() }) });
    expect((await check(text, [optionsRuntime("t", dropping)])).problems).toEqual([
      'c.yaml:1:52: error: Unknown key "comand". Did you mean "command"?',
    ]);
    const keeping = z.looseObject({ command: z.string(), in: z.object({ a: z.number(), b: z.number() }) });
    expect((await check(text, [optionsRuntime("t", keeping)])).problems).toEqual([]);
  });

  test("may be known to one of several forms", async () => {
    const forms = z.union([
      z.strictObject({ kind: z.literal("a"), first: z.string() }),
      z.strictObject({ kind: z.literal("b"), second: z.string() }),
    ]);
    const text = (keys: string) => `servers: [{ id: a, runtime: { type: forms, ${keys} } }]`;
    expect((await check(text("kind: b, second: x"), [optionsRuntime("forms", forms)])).problems).toEqual([]);
    const { problems } = await check(text("kind: b, second: x, secnd: y"), [optionsRuntime("forms", forms)]);
    expect(problems[0]).toBe('c.yaml:1:64: error: Unknown key "secnd". Did you mean "second"?');
  });

  /** What another library would say: its schema refers, and its issues name the key in the path. */
  const foreign = (jsonSchema: unknown): OptionsSchema<unknown> => ({
    "~standard": {
      version: 1,
      vendor: "other",
      validate: (value) => {
        const extra = Object.keys(value as object).filter((key) => key !== "command");
        return extra.length === 0
          ? { value }
          : { issues: extra.map((key) => ({ message: "never", path: [key] })) };
      },
      jsonSchema,
    },
  });
  const foreignText = "servers: [{ id: a, runtime: { type: foreign, command: x, comand: y } }]";

  test("is found with any library that gives a JSON Schema", async () => {
    const schema = {
      $ref: "#/definitions/options",
      definitions: { options: { properties: { command: { type: "string" } }, additionalProperties: false } },
    };
    const { problems } = await check(foreignText, [
      optionsRuntime("foreign", foreign({ input: () => schema })),
    ]);
    expect(problems).toEqual(['c.yaml:1:58: error: Unknown key "comand". Did you mean "command"?']);
  });

  test.each([
    ["none", undefined],
    ["one that can not be had", { input: () => fail() }],
    ["something else", { type: "object" }],
  ])("is left to the runtime's own words with %s", async (_what, jsonSchema) => {
    const { problems } = await check(foreignText, [optionsRuntime("foreign", foreign(jsonSchema))]);
    expect(problems).toEqual(["c.yaml:1:58: error: runtime.comand: never"]);
  });

  function fail(): never {
    throw new Error("can not be represented");
  }
});

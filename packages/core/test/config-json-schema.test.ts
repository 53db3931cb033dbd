import { Ajv } from "ajv";
import { describe, expect, test } from "vitest";
import { parse } from "yaml";
import { z } from "zod";
import {
  catalogJsonSchema,
  checkRuntimeOptions,
  configJsonSchema,
  parseCatalog,
  parseConfig,
} from "../src/config/index.ts";
import { optionsRuntime } from "./support/options-runtime.ts";

const program = optionsRuntime(
  "program",
  z.strictObject({
    command: z.string().min(1),
    mode: z.enum(["fast", "slow"]).optional(),
    code: z.string().regex(/^\d+$/).optional(),
    count: z.number().optional(),
  }),
);
const tree: z.ZodType = z.strictObject({
  get children() {
    return z.array(tree).optional();
  },
});
const forms = optionsRuntime(
  "forms",
  z.union([z.strictObject({ kind: z.literal("a") }), z.strictObject({ kind: z.literal("b"), tree })]),
);
const referring = {
  $ref: "#/$defs/options",
  $defs: {
    options: { type: "object", properties: { a: { $ref: "#/$defs/a" } }, additionalProperties: false },
    a: { type: "string" },
  },
};
const foreign = optionsRuntime("foreign", {
  "~standard": {
    version: 1,
    vendor: "other",
    validate: (value: unknown) => ({ value }),
    jsonSchema: { input: () => referring },
  },
});
const silent = optionsRuntime("silent", {
  "~standard": { version: 1, vendor: "other", validate: (value: unknown) => ({ value }) },
});
const runtimes = [program, forms, foreign, silent];

const ajv = new Ajv({ strict: true, strictTypes: false, allowUnionTypes: true, strictRequired: false });
const isCatalog = ajv.compile(catalogJsonSchema(runtimes));
const isConfig = ajv.compile(configJsonSchema(runtimes));

/** Whether the parser takes it, with a value for each variable. */
async function isTaken(text: string): Promise<boolean> {
  const catalog = parseCatalog(text, "c.yaml", { variable: (name) => ({ MODE: "fast", N: "5" })[name] });
  const checked = await checkRuntimeOptions(catalog.servers, runtimes, catalog.locate);
  return [...catalog.diagnostics, ...checked.diagnostics].every(({ severity }) => severity !== "error");
}

const server = (more: string) => `servers: [{ id: a, ${more} }]`;

describe("the schema of a catalog", () => {
  test.each([
    [""],
    ["servers:"],
    ["$schema: x\nx-any: [1]\nservers: []"],
    [server("runtime: { type: program, command: x, mode: fast, code: '1', count: 5 }")],
    [
      server(
        "runtime: { type: program, command: '${N}', mode: '${MODE}', code: '${N}' }, scope: '${S:-shared}'",
      ),
    ],
    [server("runtime: { type: forms, kind: b, tree: { children: [{ children: [{}] }] } }")],
    [server("runtime: { type: foreign, a: text }")],
    [server("runtime: { type: silent, what: ever }")],
    [server("env: { A: 1, B: true, C: text }, runtime: { type: silent }, idle_timeout_seconds: 0")],
  ])("accepts what the parser takes: %s", async (text) => {
    expect(await isTaken(text)).toBe(true);
    expect(isCatalog(parse(text)), JSON.stringify(isCatalog.errors)).toBe(true);
  });

  test.each([
    ["server: []"],
    ["servers: {}"],
    [server("scope: shared")],
    [server("runtime: {}")],
    [server("runtime: { type: program }")],
    [server("runtime: { type: program, command: x, comand: y }")],
    [server("runtime: { type: program, command: x, mode: quick }")],
    [server("runtime: { type: program, command: x, count: '${N}' }")],
    [server("runtime: { type: forms, kind: c }")],
    [server("runtime: { type: forms, kind: b, tree: { children: [{ chldren: [] }] } }")],
    [server("runtime: { type: foreign, a: text, b: text }")],
    [server("runtime: { type: silent }, idle_timeout_seconds: '${N}'")],
    [server("runtime: { type: silent }, x-a: 1")],
  ])("refuses what the parser does not take: %s", async (text) => {
    if (!text.includes("type: foreign")) expect(await isTaken(text)).toBe(false);
    expect(isCatalog(parse(text))).toBe(false);
  });

  test("allows types that are not installed", () => {
    expect(isCatalog(parse(server("runtime: { type: other, any: [thing] }")))).toBe(true);
    expect(ajv.compile(catalogJsonSchema([]))(parse(server("runtime: { type: program }")))).toBe(true);
  });
});

describe("the schema of a configuration", () => {
  test.each([
    ["", true],
    ["listen_addr: ${HOST}:1\nlog_level: ${LEVEL}\napi_key: ${KEY}", true],
    [server("runtime: { type: program, command: x }"), true],
    ["listen_adr: x", false],
    ["log_level: loud", false],
    ["idle_timeout_seconds: ${N}", false],
    ["cors_enabled: ${YES}", false],
    [server("runtime: { type: program }"), false],
  ])("agrees with the parser: %s", (text, good) => {
    expect(isConfig(parse(text))).toBe(good);
    const parsed = parseConfig(text, "c.yaml", { variable: (name) => (name === "LEVEL" ? "info" : "5") });
    if (!text.includes("servers")) expect(parsed.config !== undefined).toBe(good);
  });

  test("describes every key", () => {
    const { properties } = configJsonSchema(runtimes) as {
      properties: Record<string, { description?: string }>;
    };
    const silentKeys = Object.keys(properties).filter((key) => !properties[key]?.description);
    expect(silentKeys).toEqual(["$schema"]);
    expect(properties).toMatchObject({ idle_timeout_seconds: { default: 300 } });
  });
});

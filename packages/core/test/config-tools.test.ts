import { Ajv } from "ajv";
import { describe, expect, test } from "vitest";
import { catalogJsonSchema, formatDiagnostic, parseCatalog } from "../src/config/index.ts";

function parsed(tools: string) {
  const text = `servers:\n  - id: a\n    runtime: { type: x }\n    tools: ${tools}\n`;
  const { servers, diagnostics } = parseCatalog(text, "c.yaml", { variable: () => undefined });
  return { server: servers[0], problems: diagnostics.map(formatDiagnostic) };
}

const policy = {
  allow: ["read_*", "*"],
  deny: ["*delete*", "a.b/c"],
  rename: { read_file: "open-file", constructor: "toString" },
  describe: { read_file: "Opens a file", "": "" },
  clean: true,
  max_description: 100,
};

describe("tools of an entry", () => {
  test("are what it says", () => {
    const { server, problems } = parsed(JSON.stringify(policy));
    expect(problems).toEqual([]);
    expect(server?.tools).toEqual(policy);
    expect(server?.problem).toBeUndefined();
  });

  test.each([
    ["{ alow: [x] }", '4:14: error: Unknown key "alow". Did you mean "allow"?'],
    ["{ renames: {} }", '4:14: error: Unknown key "renames". Did you mean "rename"?'],
    ["[read]", "4:5: error: tools: Invalid input: expected object, received array"],
    ["{ allow: read }", "4:14: error: tools.allow: Invalid input: expected array, received string"],
    [
      "{ deny: [ok, 're?d'] }",
      "4:25: error: tools.deny.1: must be the name of a tool; only * is special, and stands for anything",
    ],
    [
      "{ allow: ['!x'] }",
      "4:22: error: tools.allow.0: must be the name of a tool; only * is special, and stands for anything",
    ],
    [
      "{ allow: ['{a,b}'] }",
      "4:22: error: tools.allow.0: must be the name of a tool; only * is special, and stands for anything",
    ],
    [
      "{ allow: [''] }",
      "4:22: error: tools.allow.0: must be the name of a tool; only * is special, and stands for anything",
    ],
    [
      "{ rename: { a: b c } }",
      "4:24: error: tools.rename.a: must be 1 to 64 letters, digits, _ or -, which every client takes",
    ],
    ["{ rename: { a: x, b: y, c: x } }", '4:36: error: tools.rename.c: "a" has this name already'],
    ["{ rename: { __proto__: x } }", '4:24: error: "__proto__" can not be a key here'],
    ["{ describe: { __proto__: x } }", '4:26: error: "__proto__" can not be a key here'],
    [
      "{ describe: { a: 1 } }",
      "4:26: error: tools.describe.a: Invalid input: expected string, received number",
    ],
    ["{ clean: 1 }", "4:14: error: tools.clean: Invalid input: expected boolean, received number"],
    ["{ max_description: 99 }", "4:14: error: tools.max_description: Too small: expected number to be >=100"],
  ])("%s is refused with the place, and disables the server", (tools, problem) => {
    const { server, problems } = parsed(tools);
    expect(problems).toEqual([`c.yaml:${problem}`]);
    expect(server?.problem).toBeDefined();
  });
});

test("a variable can not be called __proto__", () => {
  const text = "servers: [{ id: a, runtime: { type: x }, env: { A: b, __proto__: c } }]";
  const { diagnostics } = parseCatalog(text, "c.yaml", { variable: () => undefined });
  expect(diagnostics.map(formatDiagnostic)).toEqual([
    'c.yaml:1:55: error: "__proto__" can not be a key here',
  ]);
});

test("editors know what tools may hold", () => {
  const isValid = new Ajv({ strict: false }).compile(catalogJsonSchema([]));
  const entry = (tools: unknown) => ({ servers: [{ id: "a", runtime: { type: "x" }, tools }] });
  expect(isValid(entry(policy)), JSON.stringify(isValid.errors)).toBe(true);
  expect(isValid(entry({ alow: [] }))).toBe(false);
  expect(isValid(entry({ allow: ["a?"] }))).toBe(false);
  expect(isValid(entry({ rename: { a: "b c" } }))).toBe(false);
});

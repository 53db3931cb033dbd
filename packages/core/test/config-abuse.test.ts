import { describe, expect, test } from "vitest";
import { formatDiagnostic, formatLock, parseCatalog, parseConfig, parseLock } from "../src/config/index.ts";

function problemsOf(text: string): string[] {
  const problems = (parse: typeof parseCatalog | typeof parseConfig) =>
    parse(text, "c.yaml", { variable: () => undefined }).diagnostics.map(formatDiagnostic);
  expect(parseConfig(text, "c.yaml", { variable: () => undefined }).config).toBeUndefined();
  const start = performance.now();
  const found = problems(parseCatalog);
  // Generous: most take a few milliseconds.
  expect(performance.now() - start).toBeLessThan(2_000);
  return found;
}

function server(more: string): string {
  return `servers:\n  - id: a\n    runtime: { type: x }\n${more}`;
}

const deep = ["c.yaml:1:1: error: The file is nested deeper than 40 levels"];

function bomb(): string {
  const layers = [..."abcdefgh"].map((name, index, names) => {
    const item = index === 0 ? "x" : `*${names[index - 1]}`;
    return `${name}: &${name} [${Array(9).fill(item).join(", ")}]\n`;
  });
  return layers.join("");
}

describe("a text that is no good YAML is refused with the place", () => {
  test.each([
    ["a tab", "servers:\n\t- id: a\n", "2:1: error: Tabs are not allowed as indentation"],
    ["a key twice", "servers: []\nservers: []\n", "2:1: error: Map keys must be unique"],
    ["a key twice in an entry", server("    env: { A: 1, A: 2 }\n"), "4:18: error: Map keys must be unique"],
    ["a quoted key twice", server('    "id": b\n'), "4:5: error: Map keys must be unique"],
    ["two documents", "a: 1\n---\nb: 1\n", "2:1: error: Source contains multiple documents"],
    [
      "an alias of nothing",
      "servers: *none\n",
      "1:1: error: The file can not be read as YAML: Unresolved alias",
    ],
    ["an open quote", 'servers: "a\n', '2:1: error: Missing closing "quote'],
  ])("%s", (_what, text, problem) => {
    expect(problemsOf(text)[0]).toContain(`c.yaml:${problem}`);
  });
});

describe("a text that would take too long is refused", () => {
  test("when it is larger than 1 MiB", () => {
    const problem = ["c.yaml:1:1: error: The file is larger than 1048576 bytes"];
    expect(problemsOf(`# ${"é".repeat(524_288)}`)).toEqual(problem);
    const within = `# ${"é".repeat(524_287)}`;
    expect(parseCatalog(within, "c.yaml", { variable: () => undefined }).diagnostics).toEqual([]);
  });

  test("when aliases multiply", () => {
    expect(problemsOf(bomb())).toEqual([
      "c.yaml:1:1: error: The file can not be read as YAML: " +
        "Excessive alias count indicates a resource exhaustion attack",
    ]);
  });

  test.each([
    ["open brackets", "[".repeat(1_000_000)],
    ["closed brackets", `servers: ${"[".repeat(50)}${"]".repeat(50)}`],
    ["braces", `servers: ${"{a: ".repeat(100_000)}`],
    ["dashes on one line", "- ".repeat(500_000)],
    ["question marks on one line", "? ".repeat(500_000)],
    ["indentation", Array.from({ length: 50 }, (_, depth) => `${" ".repeat(depth)}a:\n`).join("")],
    ["an alias of what it stands in", "servers: &all [*all]"],
    ["an alias of the map it stands in", "servers: []\na: &all { b: *all }"],
  ])("when it is too deep, by %s", (_what, text) => {
    expect(problemsOf(text)).toEqual(deep);
  });

  test.each([
    ["values", `servers: [${"1,".repeat(300_000)}1]`, "250000 YAML tokens"],
    ["keys", Array.from({ length: 40_000 }, (_, index) => `k${index}: 1\n`).join(""), "250000 YAML tokens"],
    ["empty lines", "\n".repeat(1_000_000), "250000 YAML tokens"],
    ["aliases", `- &a [${"1,".repeat(2000)}1]\n${"- *a\n".repeat(40)}`, "50000 values"],
  ])("when it holds too many %s", (_what, text, limit) => {
    expect(problemsOf(text)).toEqual([`c.yaml:1:1: error: The file holds more than ${limit}`]);
  });

  test("but thousands of wrong keys are each reported, in time", () => {
    const keys = Array.from({ length: 20_000 }, (_, index) => `    key${index}: 1\n`);
    const found = parseCatalog(server(keys.join("")), "c.yaml", { variable: () => undefined }).diagnostics;
    expect(found).toHaveLength(20_000);
    expect(found.at(-1)).toMatchObject({ line: 20_003, column: 5 });
  });

  test("but not for many keys on one line", () => {
    const env = Array.from({ length: 100 }, (_, index) => `K${index}: v`).join(", ");
    const { diagnostics } = parseCatalog(server(`    env: { ${env} }\n`), "c.yaml", {
      variable: () => undefined,
    });
    expect(diagnostics).toEqual([]);
  });
});

describe("a key that JavaScript knows", () => {
  test("pollutes nothing", () => {
    const entry = '{ "__proto__": { "polluted": 1 }, "constructor": { "prototype": { "polluted": 1 } } }';
    const text = server(
      `    env: ${entry}\n    __proto__: ${entry}\n__proto__: ${entry}\nconstructor: ${entry}\n`,
    );
    parseConfig(text, "c.yaml", { variable: () => undefined });
    parseCatalog(text, "c.yaml", { variable: () => undefined });
    expect(({} as { polluted?: unknown }).polluted).toBeUndefined();
    expect(Object.getPrototypeOf({})).toBe(Object.prototype);
  });

  test("is unknown like any other", () => {
    expect(problemsOf(server("__proto__: 1\nconstructor: 1\n"))).toEqual([
      'c.yaml:4:1: error: Unknown key "__proto__".',
      'c.yaml:5:1: error: Unknown key "constructor".',
    ]);
    const { diagnostics } = parseCatalog(server("    __proto__: { scope: all }\n"), "c.yaml", {
      variable: () => undefined,
    });
    expect(diagnostics.map(formatDiagnostic)).toEqual(['c.yaml:4:5: error: Unknown key "__proto__".']);
  });

  test("reaches a runtime as an option, never as a prototype", () => {
    const text = "servers: [{ id: a, runtime: { type: x, constructor: { command: y } } }]";
    const [entry] = parseCatalog(text, "c.yaml", { variable: () => undefined }).servers;
    expect(entry?.runtime).toEqual({ type: "x", constructor: { command: "y" } });
    const hidden = "servers: [{ id: a, runtime: { type: x, __proto__: { command: y } } }]";
    const [other] = parseCatalog(hidden, "c.yaml", { variable: () => undefined }).servers;
    expect(other?.runtime.command).toBeUndefined();
  });

  test("is not left out of a runtime's options without a word", () => {
    const text = "servers: [{ id: a, runtime: { type: x, prototype: 1, __proto__: { command: y } } }]";
    const { servers, diagnostics } = parseCatalog(text, "c.yaml", { variable: () => undefined });
    expect(diagnostics.map(formatDiagnostic)).toEqual([
      'c.yaml:1:54: error: "__proto__" can not be a key here',
    ]);
    expect(servers[0]?.runtime).toEqual({ type: "x", prototype: 1 });
  });

  test("may be the name of a variable and of a pinned server", () => {
    const text = "servers: [{ id: a, runtime: { type: x }, env: { constructor: 1, prototype: b } }]";
    const [entry] = parseCatalog(text, "c.yaml", { variable: () => undefined }).servers;
    expect(entry?.env).toEqual({ constructor: "1", prototype: "b" });
    expect(entry?.problem).toBeUndefined();
    const names = ["__proto__", "constructor", "prototype"];
    const pins = { servers: new Map(names.map((name) => [name, new Map()])) };
    const { lock, diagnostics } = parseLock(formatLock(pins), "lock");
    expect(diagnostics).toEqual([]);
    expect([...lock.servers.keys()].sort()).toEqual(names);
  });
});

describe("a list in the place of a map", () => {
  test.each([
    ["    env: []\n", "4:5: error: env: Invalid input: expected record, received array"],
    ["    tools: []\n", "4:5: error: tools: Invalid input: expected object, received array"],
    [
      "    tools: { rename: [] }\n",
      "4:14: error: tools.rename: Invalid input: expected record, received array",
    ],
  ])("is refused: %j", (more, problem) => {
    const { diagnostics } = parseCatalog(server(more), "c.yaml", { variable: () => undefined });
    expect(diagnostics.map(formatDiagnostic)).toEqual([`c.yaml:${problem}`]);
  });

  test("is refused as a runtime and at the top", () => {
    const text = "servers: [{ id: a, runtime: [] }]";
    const { diagnostics } = parseCatalog(text, "c.yaml", { variable: () => undefined });
    expect(diagnostics.map(({ message }) => message)).toEqual([
      "runtime: Invalid input: expected object, received array",
    ]);
    const config = parseConfig("runtimes: []", "c.yaml", { variable: () => undefined });
    expect(config.diagnostics.map(({ message }) => message)).toEqual([
      "runtimes: Invalid input: expected record, received array",
    ]);
  });
});

describe("a number that is none", () => {
  test.each([
    ["idle_timeout_seconds: .inf", "Invalid input: expected number, received Infinity"],
    ["idle_timeout_seconds: .nan", "Invalid input: expected number, received NaN"],
    ["idle_timeout_seconds: 1e300", "Too big: expected int to be <=9007199254740991"],
    ["idle_timeout_seconds: 1.5", "Invalid input: expected int, received number"],
  ])("is refused: %s", (text, words) => {
    const { diagnostics } = parseConfig(text, "c.yaml", { variable: () => undefined });
    expect(diagnostics.map(({ message }) => message)).toEqual([`idle_timeout_seconds: ${words}`]);
  });

  test("is refused as a variable that is an alias: nobody knows how it was written", () => {
    const text = server("    env: { A: &inf .inf, B: *inf }\n");
    const { diagnostics } = parseCatalog(text, "c.yaml", { variable: () => undefined });
    expect(diagnostics.map(({ message }) => message)).toEqual(["env.B: Invalid input"]);
  });
});

test("unknown keys are all named, wherever they stand, each with what was meant", () => {
  const text = server("    tools: { alow: [], denny: [], x: 1 }\n    tagz: 1\n    env_: 1\n");
  const { diagnostics } = parseCatalog(text, "c.yaml", { variable: () => undefined });
  expect(diagnostics.map(({ message }) => message)).toEqual([
    'Unknown key "alow". Did you mean "allow"?',
    'Unknown key "denny". Did you mean "deny"?',
    'Unknown key "x".',
    'Unknown key "tagz". Did you mean "tags"?',
    'Unknown key "env_". Did you mean "env"?',
  ]);
});

test("an id that is no name, and can not be made one, is refused like none at all", () => {
  const text = "servers: [{ id: { toString: 1 }, runtime: { type: x } }, { id: a, runtime: 1 }]";
  const { diagnostics, locate } = parseCatalog(text, "c.yaml", { variable: () => undefined });
  expect(diagnostics.map(({ message }) => message)).toEqual([
    "Server at index 0 missing required field: id",
    "runtime: Invalid input: expected object, received number",
  ]);
  expect(locate("a", []).column).toBe(58);
});

describe("YAML's own words", () => {
  test("`no` is text, `<<` merges nothing", () => {
    const text = "servers: [{ id: no, runtime: { type: x, <<: { command: y } } }]";
    const { servers } = parseCatalog(text, "c.yaml", { variable: () => undefined });
    expect(servers[0]).toMatchObject({ id: "no", runtime: { type: "x", "<<": { command: "y" } } });
    expect(servers[0]?.runtime.command).toBeUndefined();
  });
});

import { describe, expect, test } from "vitest";
import { formatDiagnostic, parseCatalog } from "../src/config/index.ts";

function catalogOf(...lines: string[]) {
  const text = `servers:\n${lines.map((line) => `  ${line}\n`).join("")}`;
  const { diagnostics, ...parsed } = parseCatalog(text, "c.yaml", { variable: () => undefined });
  return { ...parsed, diagnostics, problems: diagnostics.map(formatDiagnostic) };
}

const good = "- { id: good, runtime: { type: x } }";

describe("an entry", () => {
  test("keeps every field", () => {
    const entry = {
      id: "a",
      display_name: "A",
      description: "d",
      runtime: { type: "x", image: "i", list: [1, { deep: true }] },
      env: { A: "1" },
      inherit_env: ["HOME"],
      tags: ["t"],
      scope: "session",
      idle_timeout_seconds: 0,
      start_timeout_seconds: 600,
    };
    const { servers, problems } = catalogOf(`- ${JSON.stringify(entry)}`);
    expect(problems).toEqual([]);
    expect(servers).toEqual([{ ...entry, secrets: [], written: entry }]);
  });

  test("has its environment as text, numbers as they are written", () => {
    const { servers, problems } = catalogOf(
      "- id: a",
      "  runtime: { type: x }",
      "  env: { PORT: 8080, ID: 12345678901234567890, VERSION: 1.10, MODE: 0755, ON: true, NO: no, EMPTY: '' }",
    );
    expect(problems).toEqual([]);
    expect(servers[0]?.env).toEqual({
      PORT: "8080",
      ID: "12345678901234567890",
      VERSION: "1.10",
      MODE: "0755",
      ON: "true",
      NO: "no",
      EMPTY: "",
    });
  });

  test("has its environment as text also where it is an alias", () => {
    const { servers } = catalogOf(
      "- { id: a, runtime: { type: x }, env: &env { PORT: 1 } }",
      "- { id: b, runtime: { type: x }, env: *env }",
    );
    expect(servers.map(({ env }) => env)).toEqual([{ PORT: "1" }, { PORT: "1" }]);
  });

  test.each(["a b", "ünï", "../x", "__proto__", "constructor", "toString", "😀"])(
    "may have the id %s",
    (id) => {
      const { servers, problems } = catalogOf(`- { id: ${JSON.stringify(id)}, runtime: { type: x } }`);
      expect(problems).toEqual([]);
      expect(servers.map((server) => server.id)).toEqual([id]);
    },
  );
});

describe("an entry that is wrong", () => {
  const cases: readonly (readonly [lines: readonly string[], id: string, problem: string])[] = [
    [["- id: a"], "a", "2:5: error: Server 'a' missing required field: runtime"],
    [["- id: a", "  runtime:"], "a", "2:5: error: Server 'a' missing required field: runtime"],
    [
      ["- id: a", "  runtime: x"],
      "a",
      "3:5: error: runtime: Invalid input: expected object, received string",
    ],
    [["- id: a", "  runtime: {}"], "a", "3:5: error: runtime.type: is required"],
    [
      ["- id: a", "  runtime:", "    type: ''"],
      "a",
      "4:7: error: runtime.type: Too small: expected string to have >=1 characters",
    ],
    [["- id: a", "  runtime: { type: x }", "  enviroment: {}"], "a", '4:5: error: Unknown key "enviroment".'],
    [
      ["- id: a", "  runtime: { type: x }", "  tag: [a]"],
      "a",
      '4:5: error: Unknown key "tag". Did you mean "tags"?',
    ],
    [
      ["- runtime: { type: x }", "  id: a", "  env: { A: 1, B: [] }"],
      "a",
      "4:18: error: env.B: Invalid input",
    ],
    [
      ["- id: a", "  runtime: { type: x }", "  scope: all"],
      "a",
      '4:5: error: scope: Invalid option: expected one of "shared"|"session"',
    ],
    [
      ["- id: a", "  runtime: { type: x }", "  era: new"],
      "a",
      '4:5: error: era: Invalid option: expected one of "auto"|"legacy"|"modern"',
    ],
    [
      ["- id: 5", "  runtime: { type: x }"],
      "5",
      "2:5: error: id: Invalid input: expected string, received number",
    ],
    [['- id: "a\\n"', "  runtime: { type: x }"], "a\n", "2:5: error: id: must not hold control characters"],
    [
      ['- id: "a\\u007f"', "  runtime: { type: x }"],
      "a\x7f",
      "2:5: error: id: must not hold control characters",
    ],
  ];

  test.each(cases)("disables that server only: %j", (lines, id, problem) => {
    const { servers, problems, diagnostics } = catalogOf(...lines, good);
    expect(problems).toEqual([`c.yaml:${problem}`]);
    expect(diagnostics.map((diagnostic) => diagnostic.server)).toEqual([id]);
    expect(servers.map((server) => server.id)).toEqual([id, "good"]);
    expect(servers.map((server) => server.problem)).toEqual([problem.split("error: ")[1], undefined]);
  });

  test("is told all that is wrong, also when it says nothing of where it runs", () => {
    const { problems } = catalogOf("- id: a", "  runtme: { type: x }", "  scope: all");
    expect(problems).toEqual([
      "c.yaml:2:5: error: Server 'a' missing required field: runtime",
      'c.yaml:4:5: error: scope: Invalid option: expected one of "shared"|"session"',
      'c.yaml:3:5: error: Unknown key "runtme". Did you mean "runtime"?',
    ]);
  });

  test.each([["- runtime: { type: x }"], ["- id: ''"], ["- id:"], ["- text"], ["- []"]])(
    "is left out when it has no id, and known by its place: %s",
    (line) => {
      const { servers, problems, diagnostics } = catalogOf(good, line);
      expect(problems).toEqual(["c.yaml:3:5: error: Server at index 1 missing required field: id"]);
      expect(diagnostics[0]?.server).toBe("#1");
      expect(servers.map((server) => server.id)).toEqual(["good"]);
    },
  );

  test("that has another's id disables both", () => {
    const { servers, problems } = catalogOf(
      good,
      "- runtime: { type: y }",
      "  id: good",
      "- { id: b, runtime: { type: x } }",
    );
    expect(problems).toEqual(["c.yaml:4:5: error: Duplicate server ID: good"]);
    expect(servers.map(({ id, problem }) => [id, problem])).toEqual([
      ["good", "Duplicate server ID: good"],
      ["b", undefined],
    ]);
  });

  test("says everything that is wrong", () => {
    const { servers, problems } = catalogOf(
      "- id: a",
      "  runtime: { type: x }",
      "  tag: [a]",
      "  scope: all",
    );
    expect(problems).toHaveLength(2);
    expect(servers[0]?.problem).toContain('Unknown key "tag". Did you mean "tags"?');
    expect(servers[0]?.problem).toContain("scope: Invalid option");
  });
});

import { describe, expect, test } from "vitest";
import { parseCatalog, parseConfig } from "../src/config/index.ts";

const none = { variable: () => undefined };

function warningsOf(...lines: string[]): string[] {
  const text = `servers:\n  - id: a\n${lines.map((line) => `    ${line}\n`).join("")}`;
  const { diagnostics, servers } = parseCatalog(text, "c.yaml", { variable: () => "value" });
  expect(servers.map(({ problem }) => problem)).toEqual([undefined]);
  expect(
    diagnostics.every(({ severity, server, hint }) => severity === "warning" && server === "a" && hint),
  ).toBe(true);
  return diagnostics.map(({ line, column, message }) => `${line}:${column} ${message}`);
}

const runtime = "runtime: { type: x }";

describe("a warning, which disables nothing, is given", () => {
  test.each(["npx", "/usr/bin/npx"])("for a version that changes by itself, by %s", (command) => {
    expect(
      warningsOf(`runtime: { type: x, command: ${command}, args: [-y, "@a/b@latest", c@1.0.0] }`),
    ).toEqual([`3:${47 + command.length} @a/b@latest runs whatever was published last`]);
  });

  test("for a secret that is written out, without the secret", () => {
    const warnings = warningsOf(runtime, "env: { GITHUB_TOKEN: ghp_0123456789, dbPassword: hunter2 }");
    expect(warnings).toEqual([
      "4:12 GITHUB_TOKEN is written out; whoever reads this file knows it",
      "4:42 dbPassword is written out; whoever reads this file knows it",
    ]);
  });

  test("for a server that stops sooner than it may take to start", () => {
    expect(warningsOf(runtime, "idle_timeout_seconds: 5", "start_timeout_seconds: 60")).toEqual([
      "4:5 idle_timeout_seconds: a server stops after 5 s without use, but may take 60 s to start",
    ]);
    const { config, diagnostics } = parseConfig(
      "idle_timeout_seconds: 5\nstart_timeout_seconds: 60\n",
      "config.yaml",
      none,
    );
    expect(config).toBeDefined();
    expect(diagnostics).toMatchObject([{ severity: "warning", line: 1, column: 1, server: undefined }]);
  });
});

test.each([
  ["runtime: { type: x, command: npx, args: [-y, '@a/b@1.2.3', --tag=@latest] }"],
  ["runtime: { type: x, command: docker, args: [run, a@latest] }"],
  ["runtime: { type: x, command: npx, args: 5 }"],
  [
    runtime,
    "env: { A_TOKEN: '${NAME}', B_TOKEN: 'Bearer ${NAME}', C_TOKEN: '', TOKEN_FILE: /run/secrets/token }",
  ],
  [runtime, "env: { AUTH_MODE: something, KEYBOARD: querty-us, USE_TOKEN: true }"],
  [runtime, "idle_timeout_seconds: 0", "start_timeout_seconds: 60"],
  [runtime, "idle_timeout_seconds: 60", "start_timeout_seconds: 60"],
  [runtime, "idle_timeout_seconds: 5"],
])("no warning is given for %j", (...lines) => {
  expect(warningsOf(...lines)).toEqual([]);
});

describe("keys of the top level that are for others", () => {
  test.each([
    ["$schema: ./config.schema.json\nx-note: { any: [thing] }\nx-unset: ${NOT_SET}\n"],
    ["x-common: &env { A: b }\nservers: [{ id: a, runtime: { type: x }, env: *env }]\n"],
  ])("are ignored: %j", (text) => {
    expect(parseConfig(text, "c.yaml", none)).toMatchObject({ config: expect.anything(), diagnostics: [] });
    expect(parseCatalog(text, "c.yaml", none).diagnostics).toEqual([]);
  });

  test("are unknown in an entry", () => {
    const { diagnostics } = parseCatalog(
      "servers: [{ id: a, runtime: { type: x }, x-a: 1 }]",
      "c.yaml",
      none,
    );
    expect(diagnostics).toMatchObject([{ message: 'Unknown key "x-a".' }]);
  });
});

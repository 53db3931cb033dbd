import { execFileSync } from "node:child_process";
import { describe, expect, test } from "vitest";
import { bins, run, Sandbox, scripted } from "./support/omg.ts";

/** An entry for each number, with a wrong key. */
function wrongEntries(count: number): string {
  const entry = (at: number) =>
    `  - { id: s${at}, runtime: { type: local-process, command: x }, tag: [a] }\n`;
  return `servers:\n${Array.from({ length: count }, (_, at) => entry(at)).join("")}`;
}

const untidy = `servers:
  - id: a
    runtime:
      type: local-process
      command: npx
      comand: y
  - id: b
    runtime: { type: local-process, command: npx, args: [-y, "pkg@latest"] }
    env: { GITHUB_TOKEN: ghp_0123456789abcdef }
`;

describe("omg validate", () => {
  test("shows each problem with its place, the lines around it and what to do", async () => {
    using sandbox = new Sandbox();
    sandbox.write("catalog.yaml", untidy);
    const result = await run(sandbox, bins.omg, ["validate", "--catalog", "catalog.yaml"]);
    expect(result).toMatchObject({ code: 5, stdout: "" });
    expect(result.stderr).toBe(`error[config_invalid]: Unknown key "comand". Did you mean "command"?
  catalog.yaml:6:7
  5 |       command: npx
  6 |       comand: ***
    |       ^^^^^^
  7 |   - id: b

warning: pkg@latest runs whatever was published last
  catalog.yaml:8:62
  7 |   - id: b
  8 |     runtime: { type: local-process, command: npx, args: [-y, "pkg@latest"] }
    |                                                              ^^^^^^^^^^^^
  9 |     env: { GITHUB_TOKEN: *** }
  hint: name a version in place of latest

warning: GITHUB_TOKEN is written out; whoever reads this file knows it
  catalog.yaml:9:12
  8 |     runtime: { type: local-process, command: npx, args: [-y, "pkg@latest"] }
  9 |     env: { GITHUB_TOKEN: *** }
    |            ^^^^^^^^^^^^
  hint: write GITHUB_TOKEN: \${GITHUB_TOKEN} and set the variable GITHUB_TOKEN

1 error, 2 warnings
`);
  });

  test("warns without refusing, and the server runs", async () => {
    using sandbox = new Sandbox();
    const servers = [{ id: "a", runtime: scripted(), env: { A_TOKEN: "0123456789" } }];
    const catalog = sandbox.write("catalog.yaml", { servers });
    const result = await run(sandbox, bins.omg, ["validate", "--catalog", catalog]);
    expect(result).toMatchObject({ code: 0, stdout: "The configuration is valid: 1 server.\n" });
    expect(result.stderr).toMatch(/^warning: A_TOKEN is written out/);
    const called = await run(sandbox, bins.omg, ["call", "a.echo", "text=on", "--catalog", catalog]);
    expect(called).toEqual({ code: 0, stdout: "on\n", stderr: "" });
  });

  test("shows twenty problems at most, errors before warnings, and counts the rest", async () => {
    using sandbox = new Sandbox();
    const warned = "  - { id: w, runtime: { type: local-process, command: npx, args: [a@latest] } }\n";
    const catalog = sandbox.write("catalog.yaml", wrongEntries(30).replace("\n", `\n${warned}`));
    const { stderr } = await run(sandbox, bins.omg, ["validate", "--catalog", catalog]);
    expect(stderr.match(/^error\[/gm)).toHaveLength(20);
    expect(stderr).not.toContain("warning: ");
    expect(stderr).toMatch(/\n… and 11 more\n\n30 errors, 1 warning\n$/);
  });

  test("sorts what is wrong with both files, and with serving, by file, line and column", async () => {
    using sandbox = new Sandbox();
    sandbox.write("catalog.yaml", wrongEntries(2));
    const config = "catalog_path: catalog.yaml\ncors_origins: [nowhere]\nhealth_check_interval_seconds: 5\n";
    sandbox.write("config.yaml", config);
    const { code, stdout } = await run(sandbox, bins.omg, ["validate", "--format", "json"]);
    expect(code).toBe(5);
    const { diagnostics } = JSON.parse(stdout) as {
      diagnostics: { file: string; range: { start: object } }[];
    };
    expect(diagnostics.map(({ file, range }) => [file, range.start])).toEqual([
      ["catalog.yaml", { line: 1, character: 60 }],
      ["catalog.yaml", { line: 2, character: 60 }],
      ["config.yaml", { line: 1, character: 0 }],
    ]);
  });
});

describe("omg validate --format json", () => {
  const json = async (sandbox: Sandbox, ...args: string[]) => {
    const result = await run(sandbox, bins.omg, ["validate", "--format", "json", ...args]);
    return { ...result, answer: JSON.parse(result.stdout) };
  };

  test("prints diagnostics as editors take them", async () => {
    using sandbox = new Sandbox();
    sandbox.write("catalog.yaml", untidy);
    const { code, stderr, answer } = await json(sandbox, "--catalog", "catalog.yaml");
    expect([code, stderr]).toEqual([5, "1 error, 2 warnings\n"]);
    expect(answer.v).toBe(1);
    expect(answer.diagnostics).toHaveLength(3);
    expect(answer.diagnostics[0]).toEqual({
      severity: 1,
      message: 'Unknown key "comand". Did you mean "command"?',
      file: "catalog.yaml",
      range: { start: { line: 5, character: 6 }, end: { line: 5, character: 12 } },
      server: "a",
      source: "omg",
    });
    expect(answer.diagnostics[1]).toMatchObject({ severity: 2, server: "b" });
  });

  test("prints a list also when nothing is wrong", async () => {
    using sandbox = new Sandbox();
    const { code, stderr, answer } = await json(sandbox, "--catalog", sandbox.catalog({ a: [] }));
    expect([code, stderr, answer]).toEqual([0, "", { v: 1, diagnostics: [] }]);
  });

  test.each([
    ["broken YAML", "servers: [\n", { line: 1, character: 0 }],
    ["an unknown key", "server: []\n", { line: 0, character: 0 }],
  ])("prints what refuses a file: %s", async (_what, text, start) => {
    using sandbox = new Sandbox();
    const { code, answer } = await json(sandbox, "--catalog", sandbox.write("catalog.yaml", text));
    expect(code).toBe(5);
    expect(answer.diagnostics[0]).toMatchObject({ severity: 1, range: { start } });
  });

  test("prints what is wrong when a file can not be read", async () => {
    using sandbox = new Sandbox();
    const { code, answer } = await json(sandbox, "--config", "nope.yaml");
    expect(code).toBe(5);
    expect(answer.diagnostics).toMatchObject([{ severity: 1, file: "nope.yaml" }]);
  });
});

describe("omg validate --format github", () => {
  test("prints a workflow command for each problem, with everything escaped", async () => {
    using sandbox = new Sandbox();
    const text =
      'servers:\n  - id: "100%,\\n::error::x"\n    runtime: { type: x }\n    env: { A: "${NOT_SET_ANYWHERE}" }\n';
    sandbox.write("a,b:c%.yaml", text);
    const result = await run(sandbox, bins.omg, [
      "validate",
      "--format",
      "github",
      "--catalog",
      "a,b:c%.yaml",
    ]);
    expect(result.code).toBe(5);
    const lines = result.stdout.trimEnd().split("\n");
    for (const line of lines) {
      expect(line).toMatch(/^::error file=a%2Cb%3Ac%25\.yaml,line=\d+,col=\d+(,endColumn=\d+)?::[^\r\n]+$/);
    }
    expect(result.stdout).toContain("The variable ${NOT_SET_ANYWHERE} is not set%0Ahint: ");
  });

  test("prints nothing when nothing is wrong", async () => {
    using sandbox = new Sandbox();
    const args = ["validate", "--format", "github", "--catalog", sandbox.catalog({ a: [] })];
    expect(await run(sandbox, bins.omg, args)).toEqual({ code: 0, stdout: "", stderr: "" });
  });
});

describe("a catalog that is no file to read, or no good one, is refused at once", () => {
  const bomb = [..."abcdefgh"]
    .map(
      (name, at, names) =>
        `${name}: &${name} [${Array(9)
          .fill(at === 0 ? "x" : `*${names[at - 1]}`)
          .join(", ")}]\n`,
    )
    .join("");

  test.each([
    ["a folder", (sandbox: Sandbox) => sandbox.folder, "it is a folder"],
    ["a device without an end", () => "/dev/zero", "it is no regular file"],
    ["a pipe that nobody writes to", pipe, "it is no regular file"],
    [
      "more than 1 MiB",
      (sandbox: Sandbox) => sandbox.write("c.yaml", "#".repeat(2 ** 20 + 1)),
      "1048576 bytes",
    ],
    ["a bomb of aliases", (sandbox: Sandbox) => sandbox.write("c.yaml", bomb), "Excessive alias count"],
    [
      "brackets without an end",
      (sandbox: Sandbox) => sandbox.write("c.yaml", "[".repeat(2 ** 20)),
      "nested deeper",
    ],
  ])("%s", async (_what, make, message) => {
    using sandbox = new Sandbox();
    const catalog = make(sandbox);
    const empty = sandbox.write("empty.yaml", "");
    const usualStart = performance.now();
    await run(sandbox, bins.omg, ["validate", "--catalog", empty]);
    const usual = performance.now() - usualStart;
    const start = performance.now();
    const result = await run(sandbox, bins.omg, ["validate", "--catalog", catalog]);
    expect(result).toMatchObject({ code: 5, stdout: "", stderr: expect.stringContaining(message) });
    // Half a second is the promise; what starting a process takes differs by as much as itself on a busy machine.
    expect(performance.now() - start).toBeLessThan(2 * usual + 500);
  });

  function pipe(sandbox: Sandbox): string {
    const path = `${sandbox.folder}/pipe.yaml`;
    execFileSync("sh", ["-c", 'mkfifo "$0"', path]);
    return path;
  }
});

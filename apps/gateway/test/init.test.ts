import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { bins, run, Sandbox } from "./support/omg.ts";

const files = [
  "catalog.schema.json",
  "catalog.yaml",
  "config.schema.json",
  "config.yaml",
  "hello-server.mjs",
];

describe("omg init", () => {
  test("writes a configuration that is valid without a warning, and whose server answers", async () => {
    using sandbox = new Sandbox();
    const made = await run(sandbox, bins.omg, ["init", "new folder"]);
    expect(made).toMatchObject({ code: 0, stderr: "" });
    const folder = join(sandbox.folder, "new folder");
    expect(readdirSync(folder).sort()).toEqual(files);
    for (const name of files) expect(made.stdout).toContain(`Wrote new folder/${name}\n`);
    expect(made.stdout).toContain("  omg call hello.greet name=you --config 'new folder/config.yaml'\n");
    expect(made.stdout).toContain("  omg serve --config 'new folder/config.yaml'\n");
    const valid = await run(sandbox, bins.omg, ["validate"], { cwd: folder });
    expect(valid).toEqual({ code: 0, stdout: "The configuration is valid: 1 server.\n", stderr: "" });
    const config = join("new folder", "config.yaml");
    const called = await run(sandbox, bins.omg, ["call", "hello.greet", "name=you", "--config", config]);
    expect(called).toEqual({ code: 0, stdout: "Hello, you!\n", stderr: "" });
    const unknown = await run(sandbox, bins.omg, ["call", "hello.leave", "--config", config]);
    expect(unknown.stderr).toContain("it has: greet");
  }, 30_000);

  test("points editors to the schemas beside the files", async () => {
    using sandbox = new Sandbox();
    const { stdout } = await run(sandbox, bins.omg, ["init"]);
    expect(stdout).toContain("  omg call hello.greet name=you\n  omg serve\n");
    for (const name of ["config", "catalog"]) {
      const [first] = readFileSync(join(sandbox.folder, `${name}.yaml`), "utf8").split("\n");
      expect(first).toBe(`# yaml-language-server: $schema=./${name}.schema.json`);
      const printed = await run(sandbox, bins.omg, ["schema", name]);
      expect(readFileSync(join(sandbox.folder, `${name}.schema.json`), "utf8")).toBe(printed.stdout);
    }
  }, 30_000);

  test.each(files)("overwrites nothing, and says what is there: %s", async (name) => {
    using sandbox = new Sandbox();
    writeFileSync(join(sandbox.folder, name), "mine");
    const result = await run(sandbox, bins.omg, ["init"]);
    expect(result).toEqual({
      code: 1,
      stdout: "",
      stderr: `error: ${name} exists already; nothing was written\n`,
    });
    expect(readdirSync(sandbox.folder)).toEqual([name]);
    expect(readFileSync(join(sandbox.folder, name), "utf8")).toBe("mine");
  });

  test("says why it can not write", async () => {
    using sandbox = new Sandbox();
    writeFileSync(join(sandbox.folder, "file"), "");
    const result = await run(sandbox, bins.omg, ["init", "file/below"]);
    expect(result).toMatchObject({ code: 1, stdout: "" });
    expect(result.stderr).toMatch(/^error: ENOTDIR[^\n]*\n$/);
  });
});

import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import packageJson from "../package.json" with { type: "json" };
import { filledTemplate } from "../src/template.ts";
import { bin, run } from "./support/bin.ts";
import { filesIn, scratch } from "./support/scratch.ts";

const wholeCount = filledTemplate({ name: "x", type: "x", version: "1.0.0" }).size;

describe("the command ends with", () => {
  test("0 when it has written a scaffold, and says what to do next", async () => {
    using folder = scratch();
    const { code, printed, complaints } = await run({ args: ["far-away"], cwd: folder.path });
    expect([code, complaints]).toEqual([0, ""]);
    expect(printed).toContain("  cd far-away\n  npm install\n");
    expect(filesIn(join(folder.path, "far-away"))).toHaveLength(wholeCount);
  });

  test("0 after its help or version", async () => {
    using folder = scratch();
    const help = await run({ args: ["--help"], cwd: folder.path });
    expect(help).toMatchObject({ code: 0, complaints: "" });
    expect(help.printed).toMatch(/^Usage: npm create omg-runtime DIRECTORY .*--type TYPE/s);
    const version = await run({ args: ["--version"], cwd: folder.path });
    expect(version).toEqual({ code: 0, complaints: "", printed: `${packageJson.version}\n` });
  });

  test.each([
    [[], "error: no DIRECTORY was given\nUsage: npm create omg-runtime DIRECTORY "],
    [["--nmae", "x"], "error: Unknown option '--nmae'\n"],
    [["--name"], "error: Option '--name <value>' argument missing\n"],
    [["a", "b"], 'error: one DIRECTORY is enough: what shall "b" be?\n'],
    [["docker"], 'error: "docker" can not be the type of a runtime: '],
  ])("2 when it was not understood: %j", async (args, complaint) => {
    using folder = scratch();
    const { code, printed, complaints } = await run({ args, cwd: folder.path });
    expect([code, printed]).toEqual([2, ""]);
    expect(complaints).toContain(complaint);
    expect(readdirSync(folder.path)).toEqual([]);
  });

  test("1 when it can not be done, without a stack trace", async () => {
    using folder = scratch();
    writeFileSync(join(folder.path, "x"), "");
    const { code, complaints } = await run({ args: ["x"], cwd: folder.path });
    expect([code, complaints]).toEqual([1, `error: ${folder.path}/x is no folder. Give another DIRECTORY\n`]);
  });
});

test("an interruption while files are written leaves a whole scaffold", async () => {
  using folder = scratch();
  const before = `
    import fs from "node:fs";
    import { syncBuiltinESMExports } from "node:module";
    const { writeFileSync } = fs;
    let count = 0;
    fs.writeFileSync = (...args) => {
      if (++count === 3) process.kill(process.pid, "SIGINT");
      writeFileSync(...args);
    };
    syncBuiltinESMExports();`;
  const { code } = await run({ args: ["far-away"], cwd: folder.path, before });
  // Whether it is heard before the end is up to the system.
  expect([0, 130]).toContain(code);
  expect(filesIn(join(folder.path, "far-away"))).toHaveLength(wholeCount);
});

// Part of util-linux: gives a program a terminal.
const script = "/usr/bin/script";

describe.skipIf(!existsSync(script))("at a terminal it asks for the folder", () => {
  test("and takes the answer", async () => {
    using folder = scratch();
    expect(await answer("far-away\n", folder.path)).toBe(0);
    expect(filesIn(join(folder.path, "far-away"))).toHaveLength(wholeCount);
  });

  test.each([
    ["an interruption", "\u0003", 130],
    ["the end of the input", "\u0004", 2],
  ])("and %s writes nothing", async (_, keys, code) => {
    using folder = scratch();
    expect(await answer(keys, folder.path)).toBe(code);
    expect(readdirSync(folder.path)).toEqual([]);
  });
});

/** Types something once the question is there; gives the exit code. */
async function answer(keys: string, cwd: string): Promise<number | null> {
  const command = [process.execPath, bin].map((word) => `'${word}'`).join(" ");
  const terminal = spawn(script, ["-qec", command, "/dev/null"], { cwd, stdio: ["pipe", "pipe", "inherit"] });
  terminal.stdout.setEncoding("utf8");
  let said = "";
  terminal.stdout.on("data", (chunk: string) => {
    if (said.includes("folder? ")) return;
    said += chunk;
    if (said.includes("folder? ")) terminal.stdin.write(keys);
  });
  const [code] = await once(terminal, "close");
  return code as number | null;
}

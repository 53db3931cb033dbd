import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import packageJson from "../package.json" with { type: "json" };
import { runCommand } from "../src/command.ts";
import { UsageError } from "../src/usage.ts";
import { filesIn, scratch } from "./support/scratch.ts";

describe("a scaffold", () => {
  test("is a package with everything that it needs", async () => {
    using folder = scratch();
    const target = join(folder.path, "not/there/far-away");
    await runCommand([target]);
    expect(filesIn(target)).toEqual([
      ".gitignore",
      "LICENSE",
      "README.md",
      "example/config.yaml",
      "package.json",
      "src/index.ts",
      "src/instance.ts",
      "src/options.ts",
      "src/place.ts",
      "src/runtime.ts",
      "test/contract.test.ts",
      "tsconfig.build.json",
      "tsconfig.json",
    ]);
  });

  test("has the names that were asked for, and our packages in the version of the command", async () => {
    using folder = scratch();
    await runCommand([folder.path, "--name", "@acme/my-place", "--type", "far-away"]);
    const read = (path: string) => readFileSync(join(folder.path, path), "utf8");
    const { name, devDependencies } = JSON.parse(read("package.json")) as typeof packageJson;
    expect(name).toBe("@acme/my-place");
    expect(devDependencies["@omg/core"]).toBe(`^${packageJson.version}`);
    expect(read("src/runtime.ts")).toContain('name: "far-away",');
    expect(read("example/config.yaml")).toContain(
      '  far-away: ../src/index.ts # users write "@acme/my-place" here',
    );
  });

  test("has nothing left of the template's own names", async () => {
    using folder = scratch();
    const target = join(folder.path, "far-away");
    await runCommand([target]);
    for (const path of filesIn(target))
      expect(readFileSync(join(target, path), "utf8"), path).not.toMatch(/my-?place|(?:workspace|catalog):/i);
  });

  test("goes into an empty folder that is there", async () => {
    using folder = scratch();
    await runCommand([folder.path, "--name", "far-away"]);
    expect(filesIn(folder.path)).toContain("package.json");
  });
});

describe("what is printed at the end", () => {
  test("says what to do next, as a shell takes it", async () => {
    using folder = scratch();
    const target = join(folder.path, "it's far");
    const printed = await runCommand([target, "--name", "omg-runtime-far"]);
    expect(printed).toContain("a runtime of the type far,");
    expect(printed).toContain(`  cd '${folder.path}/it'\\''s far'\n  npm install\n  npm test `);
  });

  test("names the files to change, which there are", async () => {
    using folder = scratch();
    const printed = await runCommand([folder.path, "--name", "far-away"]);
    const named = printed.match(/[\w/]+\.(?:ts|md|json)|LICENSE/g) ?? [];
    expect(named.length).toBeGreaterThan(3);
    expect(filesIn(folder.path)).toEqual(expect.arrayContaining(named));
  });
});

describe("a folder", () => {
  test("that is not empty is refused, with what is in it, and stays as it is", async () => {
    using folder = scratch();
    for (const name of ["d", "b", "c", "a\u001b[2J"]) writeFileSync(join(folder.path, name), "");
    mkdirSync(join(folder.path, ".git"));
    await expect(runCommand([folder.path, "--name", "x"])).rejects.toThrow(
      `${folder.path} is not empty: it has ".git", "a\\u001b[2J", "b" and 2 more. Give another DIRECTORY`,
    );
    expect(filesIn(folder.path)).toHaveLength(4);
  });

  test("can not be a file", async () => {
    using folder = scratch();
    const file = join(folder.path, "x");
    writeFileSync(file, "");
    await expect(runCommand([file])).rejects.toThrow(`${file} is no folder. Give another DIRECTORY`);
  });

  test("is not made for names that can not be", async () => {
    using folder = scratch();
    const target = join(folder.path, "x");
    await expect(runCommand([target, "--name", "X"])).rejects.toThrow(UsageError);
    await expect(runCommand([target, "--type", "docker"])).rejects.toThrow(UsageError);
    expect(() => filesIn(target)).toThrow("ENOENT");
  });
});

describe("the question for the folder", () => {
  test("is asked if none was given", async () => {
    using folder = scratch();
    const questions: string[] = [];
    await runCommand([], async (question) => {
      questions.push(question);
      return ` ${join(folder.path, "x")} `;
    });
    expect(questions).toEqual(["Into which folder? "]);
    expect(filesIn(join(folder.path, "x"))).toContain("package.json");
  });

  test("wants an answer", async () => {
    await expect(runCommand([], async () => " ")).rejects.toThrow(/no DIRECTORY was given\nUsage: /);
  });
});

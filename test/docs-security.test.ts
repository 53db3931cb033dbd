import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { readPage } from "./support/docs/blocks.ts";
import { repositoryRoot } from "./support/workspace.ts";
import { isLater, threats } from "./threats/threats.ts";

describe("the threats", () => {
  test("are numbered without a gap", () => {
    const ids = threats.map((_, index) => `T${String(index + 1).padStart(2, "0")}`);
    expect(threats.map(({ id }) => id)).toEqual(ids);
  });

  test("have tests, unless they are of a later version", () => {
    const bare = threats.filter(({ tests }) => Object.keys(tests).length === 0);
    expect(bare.map(({ id }) => id)).toEqual(threats.filter(isLater).map(({ id }) => id));
  });

  test.each(
    threats.flatMap(({ id, tests }) => Object.entries(tests).map((proof) => [id, ...proof] as const)),
  )("%s is proven by %s: %s", (_id, path, title) => {
    const file = join(repositoryRoot, path);
    expect(existsSync(file)).toBe(true);
    const titles = readFileSync(file, "utf8").match(/(?<=")(?:[^"\\\n]|\\.)*(?=")/g) ?? [];
    expect(titles.some((text) => text.includes(title))).toBe(true);
  });

  test("are labelled with risks that there are", () => {
    const risks = Array.from({ length: 10 }, (_, index) => `MCP${String(index + 1).padStart(2, "0")}`);
    for (const { risk } of threats) expect([undefined, ...risks]).toContain(risk);
  });
});

describe("the pages", () => {
  test("lead from SECURITY.md and the README to the model", () => {
    expect(readPage("SECURITY.md")).toContain("](docs/security-model.md)");
    expect(readPage("README.md")).toContain("](docs/security-model.md)");
    expect(readPage("README.md")).toContain("](SECURITY.md)");
    expect(readPage("docs/README.md")).toContain("](security-model.md)");
  });

  test("name no address to write to: reports go where they stay private", () => {
    expect(readPage("SECURITY.md")).toMatch(/private vulnerability report/i);
    expect(readPage("SECURITY.md") + readPage("docs/security-model.md")).not.toMatch(/[\w.]+@[\w-]+\.\w+/);
  });
});

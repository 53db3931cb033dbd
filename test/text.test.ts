import { execFileSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { join, posix } from "node:path";
import { describe, expect, test } from "vitest";
import { findMachinePaths, findRegistryHosts, relativeLinks } from "./support/text-rules.ts";
import { repositoryRoot } from "./support/workspace.ts";

const paths = listFiles();
const files = paths
  .map((path) => ({ path, text: readFileSync(join(repositoryRoot, path), "utf8") }))
  .filter(({ text }) => !text.includes("\0"));

describe("every text file", () => {
  test("is free of paths that exist on one machine only", () => {
    expect(files.flatMap(({ path, text }) => findMachinePaths(path, text))).toEqual([]);
  });

  test("names no package registry", () => {
    const written = files.filter(({ path }) => path !== "pnpm-lock.yaml");
    expect(written.flatMap(({ path, text }) => findRegistryHosts(path, text))).toEqual([]);
  });

  test("has relative links that lead somewhere, if it is Markdown", () => {
    const broken = files
      .filter(({ path }) => path.endsWith(".md"))
      .flatMap(({ path, text }) =>
        relativeLinks(text)
          .filter((target) => !leadsSomewhere(path, target))
          .map((target) => `${path}: ${target}`),
      );
    expect(broken).toEqual([]);
  });

  test("is found", () => {
    expect(files.map(({ path }) => path)).toContain("package.json");
  });
});

describe("the checks of text", () => {
  // Put together here, so that this file passes its own check.
  const [home, users, work, root] = ["home", "Users", "work", "root"].map((name) => `/${name}`);

  test.each([`${home}/alice/x`, `"${users}/bob"`, `cd ${work}/main`, `file://${root}/x`, `(${root}/.cache)`])(
    "refuse the path in %s",
    (text) => {
      expect(findMachinePaths("a.md", `one\n${text}`)).toEqual([expect.stringMatching(/^a\.md:2: /)]);
    },
  );

  test.each([
    "/path/to/x",
    `${home}/you/x`,
    `./${"work"}/x`,
    `https://example.com${root}/x`,
    `\${HOME}${work}/x`,
  ])("allow the path in %s", (text) => {
    expect(findMachinePaths("a.md", text)).toEqual([]);
  });

  test("refuse a registry, allow other hosts", () => {
    expect(findRegistryHosts("a.md", `https://registry.npmjs${".org"}/x`)).toHaveLength(1);
    expect(findRegistryHosts("a.md", "https://example.com/x npmjs organisation")).toEqual([]);
  });

  test("find links in prose, not in code, and not those to elsewhere", () => {
    const text = [
      "[one](one.md) ![two](./two.png 'title') [three](<three.md#part>) [site](https://example.com) [here](#part)",
      '[mail](mailto:a@example.com) `[code](code.md)` <img src="four.svg">',
      "```md\n[fenced](fenced.md)\n```",
      "[ref]: five%20six.md",
    ].join("\n");
    expect(relativeLinks(text)).toEqual(["one.md", "./two.png", "three.md", "five six.md", "four.svg"]);
  });

  test("know a link that leads nowhere", () => {
    expect(leadsSomewhere("README.md", "absent.md")).toBe(false);
    expect(leadsSomewhere("docs/absent.md", "../package.json")).toBe(true);
  });
});

/** Empty and ignored folders do not count: they are missing in a fresh clone. */
function leadsSomewhere(from: string, target: string): boolean {
  const path = posix.join(target.startsWith("/") ? "." : posix.dirname(from), target).replace(/\/$/, "");
  return path === "." || paths.some((known) => known === path || known.startsWith(`${path}/`));
}

/** What is in the repository or about to be: tracked files and new ones that are not ignored. */
function listFiles(): string[] {
  const list = ["ls-files", "-z", "--cached", "--others", "--exclude-standard"];
  return execFileSync("git", list, { cwd: repositoryRoot, encoding: "utf8", maxBuffer: 2 ** 26 })
    .split("\0")
    .filter((path) => path !== "" && existsSync(join(repositoryRoot, path)));
}

import { globSync, readFileSync } from "node:fs";
import { join, posix } from "node:path";
import { describe, expect, test } from "vitest";
import {
  checkRuntimeOptions,
  formatDiagnostic,
  parseCatalog,
  parseConfig,
  type ReferenceSources,
} from "../packages/core/src/config/index.ts";
import createDockerRuntime from "../packages/runtime-docker/src/index.ts";
import createKubernetesRuntimes from "../packages/runtime-k8s/src/index.ts";
import createLocalRuntime from "../packages/runtime-local/src/index.ts";
import createRemoteRuntimes from "../packages/runtime-sse/src/index.ts";
import { type Block, blocksOf, fileOf, isClientEntry, pages, readPage } from "./support/docs/blocks.ts";
import { repositoryRoot } from "./support/workspace.ts";

const blocks = pages.flatMap(blocksOf);
const place = ({ page, line, heading }: Block) => `${page}:${line} (${heading})`;

/** How a block is tested; undefined: it is not. */
function testOf(block: Block): string | undefined {
  if (isClientEntry(block) && block.page === "docs/clients.md") return "client";
  if (fileOf(block) !== undefined) return "file";
  if (isManifest(block)) return "manifest";
  return { console: "commands", ts: "types", text: "drawing" }[block.language];
}

function isManifest({ language, text }: Block): boolean {
  return language === "yaml" && /^apiVersion: /m.test(text);
}

describe("every fenced block of the documentation", () => {
  test("is of a kind that is tested", () => {
    expect(blocks.filter((block) => testOf(block) === undefined).map(place)).toEqual([]);
  });

  test("is closed, and begins at the start of a line", () => {
    for (const page of pages) {
      const fences = readPage(page)
        .split("\n")
        .filter((line) => /^\s*(?:```|~~~)/.test(line));
      expect(
        fences.filter((line) => !/^```(?:\w+)?$/.test(line)),
        page,
      ).toEqual([]);
      expect(fences.length, page).toBe(2 * blocksOf(page).length);
    }
  });

  test("is found", () => {
    const kinds = new Set(blocks.map(testOf));
    expect([...kinds].sort()).toEqual(["client", "commands", "drawing", "file", "manifest", "types"]);
  });
});

describe("a configuration file that a page shows is valid", () => {
  const known: ReferenceSources = { variable: () => "a-value", file: () => "a-value" };
  const runtimes = [
    createLocalRuntime(),
    ...createRemoteRuntimes(),
    createDockerRuntime(),
    ...createKubernetesRuntimes(),
  ];
  const files = blocks.filter((block) => fileOf(block) !== undefined);

  test.each(files.map((block) => [place(block), block] as const))("%s", async (_, block) => {
    const file = fileOf(block) ?? "";
    const parsed =
      file === "config.yaml" ? parseConfig(block.text, file, known) : parseCatalog(block.text, file, known);
    // What a runtime of others understands nobody here knows.
    const others = "config" in parsed ? (parsed.config?.runtimes ?? {}) : {};
    const servers = parsed.servers?.filter(({ runtime }) => !Object.hasOwn(others, runtime.type)) ?? [];
    const checked = await checkRuntimeOptions(servers, runtimes, parsed.locate);
    const errors = [...parsed.diagnostics, ...checked.diagnostics].filter(
      ({ severity }) => severity === "error",
    );
    expect(errors.map(formatDiagnostic)).toEqual([]);
  });
});

describe("a manifest for a cluster that a page shows", () => {
  const paths = globSync("{deploy,examples}/**/*.yaml", { cwd: repositoryRoot });
  const files = paths.map((path) => readFileSync(join(repositoryRoot, path), "utf8"));

  test.each(blocks.filter(isManifest).map((block) => [place(block), block.text] as const))(
    "is a file of the repository: %s",
    (_, text) => {
      expect(files).toContain(text);
    },
  );
});

describe("a drawing", () => {
  const drawings = blocks.filter(({ language }) => language === "text");
  const sources = globSync("{packages,apps}/*/src/**/*.ts", { cwd: repositoryRoot });
  const manifests = globSync("{packages,apps}/*/package.json", { cwd: repositoryRoot });
  const names = manifests.map(
    (path) => (JSON.parse(readFileSync(join(repositoryRoot, path), "utf8")) as { name: string }).name,
  );

  test.each(drawings.map((block) => [place(block), block.text] as const))(
    "draws, and names packages and files that there are: %s",
    (_, text) => {
      expect(text).toMatch(/[→─│↓]/);
      const packages = [...text.matchAll(/@omg\/[\w-]+/g)].map(([name]) => name);
      expect(packages.filter((name) => !names.includes(name))).toEqual([]);
      const files = [...text.matchAll(/[\w/-]+\.ts\b/g)].map(([file]) => file);
      expect(files.filter((file) => !sources.some((path) => path.endsWith(`/${file}`)))).toEqual([]);
    },
  );
});

describe("a link to a heading", () => {
  /** As sites that show Markdown name headings. */
  const anchorOf = (heading: string) =>
    heading
      .toLowerCase()
      .replace(/[^\p{L}\p{N} _-]/gu, "")
      .replaceAll(" ", "-");
  const anchors = new Map(
    pages.map((page) => {
      const prose = readPage(page).replace(/^```[\s\S]*?^```$/gm, "");
      return [page, [...prose.matchAll(/^#+ (.+)$/gm)].map((match) => anchorOf(match[1] ?? ""))] as const;
    }),
  );

  test("leads to one that there is", () => {
    const broken = pages.flatMap((page) =>
      [...readPage(page).matchAll(/\]\(([\w./-]*)#([^)]+)\)/g)].flatMap(([link, file = "", anchor = ""]) => {
        const target = file === "" ? page : posix.join(posix.dirname(page), file);
        return anchors.get(target)?.includes(anchor) ? [] : [`${page}: ${link}`];
      }),
    );
    expect(broken).toEqual([]);
  });
});

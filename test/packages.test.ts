import { globSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { checkManifest } from "./support/manifest-rules.ts";
import { type Manifest, readWorkspace, repositoryRoot } from "./support/workspace.ts";

const packages = readWorkspace().filter((item) => item.manifest.private !== true);

describe("what is published", () => {
  test.each(packages)("$manifest.name has a right package.json and a README", (item) => {
    const files = globSync("{README.md,package.json,src/**/*}", {
      cwd: join(repositoryRoot, item.directory),
    });
    expect(checkManifest(item.manifest, files)).toEqual([]);
  });

  test("has one version", () => {
    expect(new Set(packages.map((item) => item.manifest.version)).size).toBe(1);
  });
});

describe("the check of a package.json", () => {
  const right: Manifest = {
    name: "@omg/runtime-x",
    type: "module",
    license: "Apache-2.0",
    description: "Runs MCP servers on a platform that does not exist",
    keywords: ["mcp", "model-context-protocol", "gateway", "omg-runtime"],
    files: ["dist"],
    engines: { node: ">=22.22" },
    exports: { ".": "./src/index.ts", "./package.json": "./package.json" },
    publishConfig: {
      access: "public",
      exports: {
        ".": { types: "./dist/index.d.ts", default: "./dist/index.js" },
        "./package.json": "./package.json",
      },
    },
    scripts: { build: "tsdown --config ../../tsdown.config.ts", typecheck: "tsc -p ." },
    dependencies: { zod: "catalog:" },
    peerDependencies: { "@omg/core": "workspace:^" },
  };
  const files = ["README.md", "package.json", "src/index.ts", "src/extra.ts"];

  test("passes a right one", () => {
    expect(checkManifest(right, files)).toEqual([]);
  });

  test("passes one with a template to write from, and refuses one without", () => {
    const scaffold = { ...right, name: "create-x" };
    expect(checkManifest({ ...scaffold, files: ["dist", "template"] }, files)).toEqual([]);
    expect(checkManifest(scaffold, files)).toEqual(['create-x: files must be ["dist","template"]']);
  });

  test("passes an export that is a script", () => {
    const exports = { "./run": "./src/run.mjs", ...right.exports };
    const published = { "./run": "./dist/run.mjs", ...right.publishConfig?.exports };
    const manifest = { ...right, exports, publishConfig: { access: "public", exports: published } };
    expect(checkManifest(manifest, [...files, "src/run.mjs"])).toEqual([]);
  });

  test.each<readonly [string, Partial<Manifest>]>([
    ["private", { private: true }],
    ["license", { license: "MIT" }],
    ["type", { type: "commonjs" }],
    ["engines.node", { engines: { node: ">=20" } }],
    ["description", { description: "A runtime." }],
    ["files", { files: ["dist", "src"] }],
    ["keywords", { keywords: ["mcp", "model-context-protocol", "gateway"] }],
    ["access", { publishConfig: { ...right.publishConfig, access: "restricted" } }],
    ["publishConfig.exports", { publishConfig: { access: "public" } }],
    ["publishConfig.bin", { bin: { x: "./src/index.ts" } }],
    ["scripts.build", { exports: { ".": "./src/extra.ts" } }],
    ["names no file", { exports: { ".": "./src/absent.ts" } }],
    ["scripts.typecheck", { scripts: { build: "tsdown --config ../../tsdown.config.ts" } }],
    ["version of zod", { dependencies: { zod: "^4.0.0" } }],
    ["version of @omg/core", { devDependencies: { "@omg/core": "1.0.0" } }],
  ])("refuses a wrong one: %s", (finding, change) => {
    expect(checkManifest({ ...right, ...change }, files).join("\n")).toContain(finding);
  });

  test("refuses a package without README", () => {
    expect(checkManifest(right, ["src/index.ts", "package.json"])).toEqual([
      "@omg/runtime-x: README.md is missing",
    ]);
  });
});

import { expect, test } from "vitest";
import { createChecks, expectNone } from "../scripts/packages/checks.ts";
import { entriesOf } from "../scripts/packages/consumer/consumer-sources.ts";
import { readmeExample } from "../scripts/packages/release/readme-example.ts";
import { overBudget } from "../scripts/packages/tarballs/budgets.ts";
import {
  checkContents,
  missingAssets,
  tracesOfTheBuild,
  undeclaredImports,
} from "../scripts/packages/tarballs/inspect.ts";

const manifest = { name: "@omg/x", version: "1.0.0" };
const needed = ["LICENSE", "README.md", "package.json"];

test("a package has its licence, README and build, and nothing else", () => {
  expect(checkContents({ manifest, files: [...needed, "dist/index.js", "dist/a/b.d.ts"] })).toEqual([]);
  expect(checkContents({ manifest, files: ["package.json", "src/index.ts", "dist/test/a.js"] })).toEqual([
    "LICENSE is missing",
    "README.md is missing",
    "src/index.ts does not belong in the package",
    "dist/test/a.js does not belong in the package",
  ]);
});

test("a scaffold brings what it writes from", () => {
  const files = [...needed, "dist/create-x.js", "template/src/index.ts", "template/test/a.test.ts"];
  expect(checkContents({ manifest: { ...manifest, name: "create-x" }, files })).toEqual([]);
  expect(checkContents({ manifest, files })).toHaveLength(2);
});

test("a version that only the workspace understands is refused", () => {
  const peerDependencies = { "@omg/core": "workspace:^", zod: "^4.0.0" };
  expect(checkContents({ manifest: { ...manifest, peerDependencies }, files: needed })).toEqual([
    "@omg/core has the version workspace:^",
  ]);
});

test("a file that the code runs from beside itself must be in the package", () => {
  const read = () => 'spawn(new URL("./server.mjs", import.meta.url))';
  expect(missingAssets({ files: ["dist/index.js", "dist/server.mjs"], read })).toEqual([]);
  expect(missingAssets({ files: ["dist/index.js"], read })).toEqual([
    "dist/index.js needs dist/server.mjs, which is not in the package",
  ]);
});

test("what is imported must be declared", () => {
  const read = () => `import { a } from "yaml/a";import"node:fs";
import type { B } from "./b.ts";
export { c } from '@omg/x/c';
const text = 'from "nowhere"';
export declare const version = "2026-07-28";
import { d } from "zod";export*from"zod/v4";`;
  const files = ["dist/index.js", "README.md"];
  const dependencies = { yaml: "^2.0.0" };
  expect(undeclaredImports({ manifest: { ...manifest, dependencies }, files, read })).toEqual([
    "dist/index.js imports zod, which is no dependency",
    "dist/index.js imports zod/v4, which is no dependency",
  ]);
  const peerDependencies = { zod: "^4.0.0" };
  const declared = { ...manifest, dependencies, peerDependencies };
  expect(undeclaredImports({ manifest: declared, files, read })).toEqual([]);
});

test("where it was built is nobody's business", () => {
  const read = () => 'const file = "/clones/of/somebody/src/a.ts";';
  const files = ["dist/index.js"];
  expect(tracesOfTheBuild({ manifest, files, read }, "/clones/of/somebody")).toEqual([
    "dist/index.js holds /clones/of/somebody",
  ]);
  expect(tracesOfTheBuild({ manifest, files, read }, "/clones/of/else")).toEqual([]);
});

test("a package that has grown is over its budget, and a new one needs one", () => {
  const core = { ...manifest, name: "@omg/core" };
  expect(overBudget({ manifest: core, bytes: new Uint8Array(1000) })).toEqual([]);
  expect(overBudget({ manifest: core, bytes: new Uint8Array(1e6) }).join()).toContain("it has 1000 KB");
  expect(overBudget({ manifest, bytes: new Uint8Array(1) })).toEqual(["@omg/x has no budget"]);
});

test("the example of a README is found with what it takes to try it", () => {
  const fence = "```";
  const readme = `# @omg/x

## Install

${fence}sh
npm install @omg/x
${fence}

## Example

${fence}sh
npx a-server &
${fence}

${fence}ts
console.log("hi");
${fence}

It prints:

${fence}text
hi
${fence}

## Options
`;
  const code = 'console.log("hi");\n';
  expect(readmeExample(readme)).toEqual({
    install: ["npm install @omg/x"],
    beside: "npx a-server",
    code,
    output: "hi\n",
  });
  const short = readme.replace(/It prints[\s\S]*/, "").replace(/```sh\nnpx[^`]*```/, "");
  expect(readmeExample(short)).toEqual({ install: ["npm install @omg/x"], code });
  expect(() => readmeExample("## Install\n\n## Example\n")).toThrow("has no example");
});

test("every entry with code is one to import", () => {
  const exports = {
    ".": { types: "", default: "" },
    "./a": { types: "", default: "" },
    "./package.json": "",
  };
  expect(entriesOf([{ manifest: { ...manifest, exports } }])).toEqual(["@omg/x", "@omg/x/a"]);
});

test("checks are counted, and a failed one does not stop the rest", async () => {
  const lines: string[] = [];
  const checks = createChecks((line) => lines.push(line));
  expect(await checks.check("one", () => expectNone(["first", "second"]))).toBeUndefined();
  expect(await checks.check("two", async () => 2)).toBe(2);
  expect([checks.passed, checks.failed]).toEqual([1, 1]);
  expect(lines).toEqual(["FAIL  one\n      first\n      second", "ok    two"]);
});

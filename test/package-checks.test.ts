import { expect, test } from "vitest";
import { createChecks, expectNone } from "../scripts/packages/checks.ts";
import { entriesOf } from "../scripts/packages/consumer-sources.ts";
import { checkContents, missingAssets } from "../scripts/packages/inspect.ts";

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

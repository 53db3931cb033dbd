import { expect, test } from "vitest";
import { notePlugIn, plugInAtFault } from "../src/runtimes/plug-in-faults.ts";

notePlugIn("@acme/one", "file:///proj/node_modules/@acme/one/dist/index.js");
notePlugIn("two", "file:///proj/node_modules/.pnpm/two@1.0.0/node_modules/two/index.js");
notePlugIn("./three.mjs", "file:///other/three.mjs");

function thrownAt(...places: string[]): Error {
  const error = new Error("oh");
  error.stack = [
    "Error: oh /proj/node_modules/@acme/one/",
    ...places.map((place) => `    at f (${place}:1:1)`),
  ].join("\n");
  return error;
}

test.each([
  ["@acme/one", ["file:///proj/node_modules/@acme/one/dist/index.js"]],
  ["@acme/one", ["node:internal/timers", "file:///proj/node_modules/@acme/one/lib/deep/a.js"]],
  ["two", ["/proj/node_modules/.pnpm/two@1.0.0/node_modules/two/lib.cjs"]],
  ["./three.mjs", ["file:///other/helpers/a.mjs"]],
  [undefined, ["file:///proj/node_modules/@acme/one-more/index.js"]],
  [undefined, ["file:///other/node_modules/@omg/gateway/dist/omg.js"]],
  [undefined, ["node:net", "file:///usr/lib/node_modules/@omg/gateway/dist/omg.js"]],
  ["@acme/one", ["/proj/node_modules/ssh/index.js", "file:///proj/node_modules/@acme/one/dist/index.js"]],
  [undefined, ["/proj/node_modules/@omg/gateway/dist/omg.js", "/proj/node_modules/@acme/one/dist/index.js"]],
  [undefined, ["/clone/packages/core/src/a.ts", "/proj/node_modules/@acme/one/dist/index.js"]],
  [undefined, []],
])("a fault of %s", (name, places) => {
  expect(plugInAtFault(thrownAt(...places))).toBe(name);
});

test("what is no error is nobody's", () => {
  expect(plugInAtFault("@acme/one")).toBeUndefined();
});

import { expect, test } from "vitest";
import { secretComparisons } from "./support/secret-comparisons.ts";
import { readWorkspace, sourceFile } from "./support/workspace.ts";

/** Compared sign by sign all the same. */
const harmless = [
  // Of two values that must be equal anyway: the spelling of a digest that has been compared in constant time.
  /^packages\/core\/src\/modern\/request-states\.ts:\d+: mac !== expected\.toString/,
  // Both values are the gateway's own, and no caller gives either.
  /^packages\/runtime-sse\/src\/auth\/renewal\.ts:\d+: stored\.accessToken !== refused/,
  /^packages\/runtime-sse\/src\/auth\/renewal\.ts:\d+: now\.accessToken !== stored\.accessToken/,
  /^packages\/runtime-sse\/src\/auth\/grant-authorizer\.ts:\d+: stored\.accessToken !== credential/,
];

const sources = readWorkspace().flatMap((one) => one.sources);

test("no secret that a caller gives is compared sign by sign", () => {
  const found = sources.flatMap(secretComparisons);
  expect(found.filter((use) => !harmless.some((pattern) => pattern.test(use)))).toEqual([]);
  expect(harmless.filter((pattern) => !found.some((use) => pattern.test(use)))).toEqual([]);
});

test("the key, sealed states and the state of a login are compared in constant time", () => {
  const files = sources.filter(({ code }) => /\btimingSafeEqual\(/.test(code)).map(({ path }) => path);
  expect(files.sort()).toEqual([
    "packages/core/src/modern/request-states.ts",
    "packages/runtime-sse/src/auth/callback-listener.ts",
    "packages/transport-http/src/credential.ts",
  ]);
});

test.each([
  "if (given === apiKey) open();",
  "return options.apiKey !== header;",
  "if (authorization == `Bearer ${key}`) open();",
  "const ok = found.apiKeyHeader === expected;",
  "ok = password === user.password",
])("a comparison is found: %s", (text) => {
  expect(secretComparisons(sourceFile("a.ts", text))).toHaveLength(1);
});

test.each([
  "if (apiKey === undefined) return;",
  'if (apiKey === "") fail();',
  "if (key === 'x') y();",
  "a = keys === b",
])("what is none is not: %s", (text) => {
  expect(secretComparisons(sourceFile("a.ts", text))).toEqual([]);
});

import { describe, expect, test } from "vitest";
import manifest from "../package.json" with { type: "json" };
import * as config from "../src/config/index.ts";
import * as core from "../src/index.ts";
import * as runtime from "../src/runtime/index.ts";

// What others build on. Adding a name is a decision; removing one breaks somebody.
describe("the names exported by", () => {
  test("@omg/core", () => {
    expect(Object.keys(core).sort()).toEqual([
      "Crowd",
      "OmgError",
      "Pieces",
      "RequestTable",
      "argumentHeaders",
      "asOmgError",
      "batchFrames",
      "createGateway",
      "diffCatalogs",
      "differences",
      "digestEntries",
      "entryTitle",
      "errorFrame",
      "frameOf",
      "headerText",
      "headerValue",
      "isBatch",
      "isModernVersion",
      "isSupportedVersion",
      "lineTransport",
      "login",
      "logout",
      "maskedEntry",
      "mirroredArguments",
      "modernVersion",
      "modernVersions",
      "notificationFrame",
      "oneLine",
      "oneLineText",
      "parseFrame",
      "protocolVersions",
      "quoteVisibly",
      "readEnvelope",
      "readItems",
      "reasonInfo",
      "reasons",
      "redactor",
      "requestFrame",
      "resultFrame",
      "rewriteFrame",
      "scanMembers",
      "setHash",
      "systemClock",
      "taken",
      "unsupportedVersion",
    ]);
  });

  test("@omg/core/runtime", () => {
    expect(Object.keys(runtime).sort()).toEqual([
      "OmgError",
      "Pieces",
      "RequestTable",
      "cutText",
      "defineRuntime",
      "frameOf",
      "lineTransport",
      "logLines",
      "mapsOnly",
      "namedMap",
      "notificationFrame",
      "oneLine",
      "oneLineText",
      "parseFrame",
      "redactor",
      "requestFrame",
      "resultFrame",
      "rewriteFrame",
      "schemaWords",
      "taken",
      "unless",
      "valibotOptions",
      "within",
    ]);
  });

  test("@omg/core/config", () => {
    expect(Object.keys(config).sort()).toEqual([
      "catalogJsonSchema",
      "checkRuntimeOptions",
      "configJsonSchema",
      "didYouMean",
      "formatDiagnostic",
      "formatLock",
      "parseCatalog",
      "parseConfig",
      "parseLock",
      "resolvedYaml",
    ]);
  });
});

test("the entries of the package are these, before and after it is published", () => {
  const entries = [".", "./runtime", "./config", "./package.json"];
  expect(Object.keys(manifest.exports)).toEqual(entries);
  expect(Object.keys(manifest.publishConfig.exports)).toEqual(entries);
});

test("an error is the same class through every entry", () => {
  expect(core.OmgError).toBe(runtime.OmgError);
});

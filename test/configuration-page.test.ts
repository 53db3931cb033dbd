import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { configSchema, serverSchema } from "../packages/core/src/config/schema.ts";
import { localOptions } from "../packages/runtime-local/src/options.ts";

const page = readFileSync(new URL("../docs/configuration.md", import.meta.url), "utf8");

/** The keys that a section's table lists. */
function keysOf(heading: string): string[] {
  const section = page.split(/^## /m).find((text) => text.startsWith(heading)) ?? "";
  return [...section.matchAll(/^\| `(\w+)` +\|/gm)].map((match) => match[1] ?? "");
}

describe("docs/configuration.md", () => {
  test.each([
    ["config.yaml", Object.keys(configSchema.shape)],
    ["The catalog", Object.keys(serverSchema.shape)],
    ["`runtime.type: local-process`", Object.keys(localOptions.shape)],
  ])("lists every key of %s and no other", (heading, keys) => {
    expect(keysOf(heading).sort()).toEqual([...keys].sort());
  });
});

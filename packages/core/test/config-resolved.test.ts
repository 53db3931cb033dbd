import { describe, expect, test } from "vitest";
import { parse } from "yaml";
import { z } from "zod";
import { resolvedYaml } from "../src/config/index.ts";
import { defineRuntime, type OptionsSchema } from "../src/runtime/index.ts";

const sources = {
  variable: (name: string) => ({ HOST: "outside.example", EMPTY: "" })[name],
  file: () => "outside-file",
};
const file = (text: string, name = "config.yaml") => ({ text, file: name, sources });
const problems = new Map<string, string>();

describe("the configuration as it counts", () => {
  test("has every default, and says where each value is from", () => {
    const config = file("catalog_path: c.yaml\nidle_timeout_seconds: 7\ncors_origins: [https://a.example]\n");
    const catalog = file("# one\nservers:\n  - id: a\n    runtime: { type: x }\n", "c.yaml");
    const overrides = { listen_addr: { value: "localhost:1", origin: "flag --listen-addr" } };
    const text = resolvedYaml({ config, catalog, overrides, problems, runtimes: [] });
    expect(parse(text)).toMatchObject({
      listen_addr: "localhost:1",
      idle_timeout_seconds: 7,
      start_timeout_seconds: 30,
      cors_origins: ["https://a.example"],
      servers: [{ id: "a", runtime: { type: "x" }, scope: "shared", idle_timeout_seconds: 7 }],
    });
    for (const line of [
      "listen_addr: localhost:1 # flag --listen-addr",
      "idle_timeout_seconds: 7 # config.yaml:2",
      "start_timeout_seconds: 30 # default",
      "# config.yaml:3\ncors_origins:",
      "# c.yaml:3\n  - id: a",
      "    idle_timeout_seconds: 7 # as above",
    ]) {
      expect(text).toContain(line);
    }
  });

  test("resolves references, but never shows what came from outside", () => {
    const text =
      "listen_addr: ${HOST}:1\nservers:\n  - id: a\n    description: ${EMPTY:-none} ${file:key}\n" +
      "    runtime: { type: x, args: ['--host=${HOST}', '--port=${PORT:-8080}', '$${HOST}'] }\n";
    const shown = parse(resolvedYaml({ config: file(text), overrides: {}, problems, runtimes: [] }));
    expect(shown).toMatchObject({
      listen_addr: "***:1",
      servers: [{ description: "none ***", runtime: { args: ["--host=***", "--port=8080", "${HOST}"] } }],
    });
  });

  test("hides what is or may be a secret", () => {
    const text =
      "api_key: secret\nservers:\n  - id: a\n    env: { A: secret, B: 5 }\n    tokn: secret\n    runtime:\n      type: x\n" +
      "      headers: { X: secret }\n      host: plain\n      password: secret\n      other: secret\n" +
      "      deep: { host: plain, else: [secret] }\n      url: https://secret@plain/?a=secret\n";
    const options = z.object({
      host: z.string(),
      password: z.string(),
      deep: z.object({ host: z.string() }),
    });
    const runtime = defineRuntime({
      specVersion: "v1",
      name: "x",
      options: options as OptionsSchema<unknown>,
      start: () => Promise.reject(new Error("not in this test")),
    });
    const shown = resolvedYaml({ config: file(text), overrides: {}, problems, runtimes: [runtime] });
    expect(shown).not.toContain("secret");
    expect(parse(shown).servers[0].runtime).toEqual({
      type: "x",
      headers: { X: "***" },
      host: "plain",
      password: "***",
      other: "***",
      deep: { host: "plain", else: ["***"] },
      url: "https://***@plain/?a=***",
    });
  });

  test("says which servers can not be used, and why", () => {
    const config = file("servers: [{ id: a, runtime: { type: x } }, text]\n");
    const shown = resolvedYaml({
      config,
      overrides: {},
      problems: new Map([["a", "no\nluck"]]),
      runtimes: [],
    });
    expect(shown).toContain("# disabled: no luck\n  - id: a");
  });
});

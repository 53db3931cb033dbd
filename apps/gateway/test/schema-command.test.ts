import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { Ajv } from "ajv";
import { beforeAll, describe, expect, test } from "vitest";
import { parse } from "yaml";
import { bins, repository, run, Sandbox } from "./support/omg.ts";

interface Check {
  (value: unknown): boolean;
  readonly errors?: unknown;
}
const checks: Record<string, Check> = {};

beforeAll(async () => {
  using sandbox = new Sandbox();
  for (const file of ["config", "catalog"]) {
    const { code, stdout, stderr } = await run(sandbox, bins.omg, ["schema", file]);
    expect([code, stderr]).toEqual([0, ""]);
    const ajv = new Ajv({ strict: true, strictTypes: false, strictRequired: false });
    checks[file] = ajv.compile(JSON.parse(stdout));
  }
});

function complaintsOf(file: "config" | "catalog", text: string): unknown {
  return checks[file]?.(parse(text)) ? [] : (checks[file]?.errors ?? "no schema");
}

/** The YAML blocks of the manual and the READMEs that are a configuration or a catalog of ours. */
function documentedFiles(): { page: string; file: "config" | "catalog"; text: string }[] {
  const below = (folder: string, depth: number): string[] =>
    readdirSync(join(repository, folder), { withFileTypes: true }).flatMap((entry) => {
      const path = join(folder, entry.name);
      if (entry.isDirectory())
        return depth > 0 && entry.name !== "node_modules" ? below(path, depth - 1) : [];
      return entry.name.endsWith(".md") ? [path] : [];
    });
  const pages = ["README.md", ...below("docs", 3), ...below("packages", 1), ...below("examples", 1)];
  return pages.flatMap((page) => {
    const markdown = readFileSync(join(repository, page), "utf8");
    return [...markdown.matchAll(/^```ya?ml[^\n]*\n([\s\S]*?)^```$/gm)].flatMap(([, text = ""]) => {
      const value = parse(text) as Record<string, unknown> | undefined;
      // Clients' own files, Kubernetes' manifests and single entries are something else.
      if (!value || Array.isArray(value) || "mcpServers" in value || "apiVersion" in value) return [];
      const onlyServers = Object.keys(value).every((key) => key === "servers");
      return [{ page, file: onlyServers ? ("catalog" as const) : ("config" as const), text }];
    });
  });
}

describe("the schema that omg schema prints", () => {
  test("takes the quick-start example and the original's files", () => {
    for (const folder of ["examples/quick-start", "apps/gateway/test/fixtures/original"]) {
      for (const file of ["config", "catalog"] as const) {
        const text = readFileSync(join(repository, folder, `${file}.yaml`), "utf8");
        expect(complaintsOf(file, text)).toEqual([]);
      }
    }
  });

  test("takes what omg init writes", async () => {
    using sandbox = new Sandbox();
    await run(sandbox, bins.omg, ["init"]);
    for (const file of ["config", "catalog"] as const) {
      expect(complaintsOf(file, readFileSync(join(sandbox.folder, `${file}.yaml`), "utf8"))).toEqual([]);
    }
  });

  const documented = documentedFiles();
  test.each(documented.map((block, at) => [`${block.page} (${at + 1})`, block] as const))(
    "takes the files that the manual shows: %s",
    (_where, { file, text }) => {
      expect(complaintsOf(file, text)).toEqual([]);
    },
  );
  test("is asked about some of the manual", () => expect(documented.length).toBeGreaterThan(1));

  test("knows the options of the runtimes that are installed, and leaves others alone", () => {
    const entry = (runtime: string) => `servers: [{ id: a, runtime: { ${runtime} } }]`;
    expect(complaintsOf("catalog", entry("type: local-process, command: x, comand: y"))).not.toEqual([]);
    expect(complaintsOf("catalog", entry("type: local-process"))).not.toEqual([]);
    expect(complaintsOf("catalog", entry("type: acme-ssh, any: thing"))).toEqual([]);
    expect(complaintsOf("config", "listen_adr: x")).not.toEqual([]);
  });
});

test("omg schema prints that of config.yaml unless told otherwise, and knows two files", async () => {
  using sandbox = new Sandbox();
  const { stdout } = await run(sandbox, bins.omg, ["schema"]);
  expect(JSON.parse(stdout)).toMatchObject({ $schema: "http://json-schema.org/draft-07/schema#" });
  expect(JSON.parse(stdout).properties.listen_addr).toMatchObject({ default: "localhost:4444" });
  expect(await run(sandbox, bins.omg, ["schema", "other"])).toMatchObject({ code: 2, stdout: "" });
});

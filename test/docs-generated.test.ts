import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { RunningGateway, Sandbox, scripted } from "../apps/gateway/test/support/omg.ts";
import { reasons } from "../packages/core/src/errors/reasons.ts";
import { createApp } from "../packages/transport-http/src/app.ts";
import { generate, generatedPages } from "../scripts/docs/generated-pages.ts";
import { fillRegions, regionNames } from "../scripts/docs/regions.ts";
import { configKeys, liveKeys } from "../scripts/docs/settings.ts";
import { readPage } from "./support/docs/blocks.ts";
import { repositoryRoot } from "./support/workspace.ts";

describe("a generated page", () => {
  test.each(Object.entries(generatedPages))("is what `npm run docs` writes: %s", (page, makers) => {
    const text = readPage(page);
    expect(text).toBe(generate(page));
    expect(regionNames(text).sort(), "every region once").toEqual(Object.keys(makers).sort());
  });

  test("keeps what stands outside of its regions", () => {
    const page = "a\n<!-- generated: x -->\nold\n<!-- end -->\nb\n";
    expect(fillRegions(page, (name) => `new ${name}`)).toBe(
      "a\n<!-- generated: x -->\n\nnew x\n\n<!-- end -->\nb\n",
    );
    expect(regionNames(page)).toEqual(["x"]);
  });
});

/** Where code says what happened: as a member, of a pod that will not run, or for a status of an API server. */
const isDetail = /(?:\bdetail(?:: | = )(?:[^",;]*\?\? )?|\bnew PodTrouble\(\s*|\b4\d\d: )"(\w+)"/g;

describe("docs/errors.md", () => {
  const page = readPage("docs/errors.md");

  test("has a heading for each reason, to be linked", () => {
    const headings = [...page.matchAll(/^### (\w+)$/gm)].map((match) => match[1]);
    expect(headings).toEqual(Object.keys(reasons));
  });

  test("has every detail that stands in the code, and no other", () => {
    const sources = globSync("packages/*/src/**/*.ts", { cwd: repositoryRoot });
    const used = sources.flatMap((path) => {
      const code = readFileSync(join(repositoryRoot, path), "utf8");
      return [...code.matchAll(isDetail)].map((match) => match[1] ?? "");
    });
    const table = page.split("## Details")[1]?.split("\n## ")[0] ?? "";
    const listed = [...table.matchAll(/^\|[^|]*\| `([a-z]\w+)` +\|/gm)].map((match) => match[1] ?? "");
    expect(listed.sort()).toEqual([...new Set(used)].sort());
  });
});

describe("what a gateway says of itself", () => {
  const sandbox = new Sandbox();
  let gateway: RunningGateway;

  beforeAll(async () => {
    sandbox.write("config.yaml", { hot_reload: false, servers: [{ id: "s", runtime: scripted() }] });
    gateway = await RunningGateway.start(sandbox, []);
  });

  afterAll(async () => {
    await gateway[Symbol.asyncDispose]();
    sandbox[Symbol.dispose]();
  });

  test("docs/http-api.md lists the routes that there are, and no other", async () => {
    type Parts = Parameters<typeof createApp>;
    const http = { gateway: { stats: () => ({ startedAt: new Date() }) } } as unknown as Parts[0];
    const options = { reload: () => Promise.reject(), isDraining: () => false };
    const { routes } = createApp(http, {} as Parts[1], options);
    const served = await Promise.all(
      routes.map(async ({ path }) => {
        const response = await fetch(gateway.url + path.replace(":id", "s"), { method: "PUT" });
        const methods = (response.headers.get("allow") ?? "")
          .split(", ")
          .filter((method) => method !== "HEAD");
        return methods.map((method) => `${method} ${path.replace(":id", "ID")}`);
      }),
    );
    const rows = readPage("docs/http-api.md").matchAll(/^\| `([A-Z]+ \/\S*)` +\|/gm);
    expect([...rows].map((match) => match[1] ?? "").sort()).toEqual(served.flat().sort());
  });

  test("docs/configuration.md knows which keys count only after a restart", async () => {
    sandbox.write("other.yaml", { servers: [] });
    const other: Readonly<Record<string, unknown>> = {
      catalog_path: "other.yaml",
      listen_addr: "localhost:1",
      log_level: "error",
      api_key: "another-key",
      cors_enabled: false,
      cors_origins: ["https://page.example"],
      allowed_hosts: ["gateway.example"],
      hot_reload: false,
      pins: "off",
      runtimes: { other: "./other.js" },
    };
    // `catalog_path` stands in the place of `servers`; `hot_reload` is as it was.
    const changed = configKeys.filter((key) => key !== "servers");
    sandbox.write("config.yaml", Object.fromEntries(changed.map((key) => [key, other[key] ?? 99])));
    const { removed } = await gateway.json("/admin/reload", { method: "POST" });
    expect(removed, "catalog_path, servers, runtimes and pins count at once").toEqual(["s"]);
    const { needs_restart } = await gateway.json("/stats");
    const restart = configKeys.filter((key) => !liveKeys.includes(key) && key !== "hot_reload");
    expect((needs_restart as string[]).sort()).toEqual(restart.sort());
  });
});

import { execFile } from "node:child_process";
import { globSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { expect, test } from "vitest";
import { repository } from "./support/omg.ts";

/** What the examples take as given. */
const given = `
import type { Gateway, GatewayConfig, RuntimeV1, Transport } from "@omg/core";
declare global {
  const anyMcpTransport: Transport;
  const config: GatewayConfig;
  const runtimes: readonly RuntimeV1[];
  const gateway: Gateway;
  const shutdownSignal: Promise<void>;
  function report(event: unknown): void;
  function listEverythingOf(owner: string): Promise<string[]>;
}
`;

test("the TypeScript examples of the documentation and all READMEs type-check", async () => {
  // Below the app, where every package of ours can be resolved.
  const folder = join(repository, "apps/gateway/node_modules/.readme-examples");
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(join(folder, "src"), { recursive: true });
  mkdirSync(join(folder, "examples"));
  const others = globSync(["{packages,apps}/*/README.md", "docs/**/*.md"], { cwd: repository });
  let count = 0;
  for (const page of ["README.md", ...others]) {
    const markdown = readFileSync(join(repository, page), "utf8");
    for (const [, code = ""] of markdown.matchAll(/^```ts\n([\s\S]*?)^```$/gm)) {
      writeFileSync(join(folder, "examples", `${count++}.ts`), `// ${page}\n${code}\nexport {};\n`);
    }
  }
  expect(count).toBeGreaterThanOrEqual(6);
  writeFileSync(join(folder, "given.ts"), given);
  writeFileSync(join(folder, "src/index.ts"), 'export { default } from "@omg/runtime-local";\n');
  // What the app itself has no use for.
  const upstream = join(repository, "packages/upstream-http");
  const http = join(repository, "packages/transport-http/node_modules");
  const paths = {
    "@omg/upstream-http": [join(upstream, "src/index.ts")],
    undici: [join(upstream, "node_modules/undici/index.d.ts")],
    express: [join(http, "@types/express/index.d.ts")],
    hono: [join(http, "hono/dist/types/index.d.ts")],
    "@hono/node-server": [join(http, "@hono/node-server/dist/index.d.mts")],
    "@hono/node-server/utils/response": [join(http, "@hono/node-server/dist/utils/response.d.mts")],
  };
  const tsconfig = {
    extends: join(repository, "tsconfig.json"),
    compilerOptions: { paths },
    include: ["examples", "src", "given.ts"],
    exclude: [],
  };
  writeFileSync(join(folder, "tsconfig.json"), JSON.stringify(tsconfig));
  const tsc = join(repository, "node_modules/.bin/tsc");
  const result = await promisify(execFile)(tsc, ["-p", folder]).catch((error) => error as { stdout: string });
  expect(result.stdout).toBe("");
  rmSync(folder, { recursive: true });
}, 60_000);

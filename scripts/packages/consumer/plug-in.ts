import { copyFileSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type Consumer, runBin } from "./consumer.ts";

const fixture = new URL("../../../apps/gateway/test/fixtures/plug-in/index.js", import.meta.url);
const name = "@acme/omg-runtime-acme";

/** The gateway as users install it runs a server by a runtime of somebody else, which lies beside it. Rejects if it does not. */
export async function checkPlugIn(consumer: Consumer, node: string): Promise<void> {
  const modules = join(consumer.directory, "node_modules");
  const folder = join(modules, name);
  mkdirSync(folder, { recursive: true });
  copyFileSync(fixture, join(folder, "index.js"));
  const manifest = { name, version: "1.0.0", type: "module", exports: "./index.js" };
  writeFileSync(join(folder, "package.json"), JSON.stringify(manifest));
  const script = join(modules, "@omg/runtime-testkit/dist/scripted-server.mjs");
  const config = join(consumer.directory, "plug-in.yaml");
  const servers = [{ id: "scripted", runtime: { type: "acme", script } }];
  writeFileSync(config, JSON.stringify({ runtimes: { acme: name }, servers }));
  const printed = await runBin(
    consumer,
    "omg",
    ["call", "scripted.echo", "text=hi", "--config", config],
    node,
  );
  if (printed !== "hi\n") throw new Error(`it prints "${printed}"`);
}

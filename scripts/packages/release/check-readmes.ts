import { readFile } from "node:fs/promises";
import { createServer } from "node:net";
import { basename, join } from "node:path";
import type { Checks } from "../checks.ts";
import { checkWith, type Engine, kubeconfig, serverImage } from "../engines.ts";
import { publishablePackages } from "../pack.ts";
import { readmeExample, tryExample } from "./readme-example.ts";
import type { Registry } from "./registry.ts";

/** What an example runs its server on. */
const engines: Readonly<Record<string, Engine>> = {
  "@omg/runtime-docker": "docker",
  "@omg/runtime-k8s": "k8s",
};
/** Their examples are commands, which other checks follow. */
const programs = ["@omg/gateway", "create-omg-runtime"];

/** Follows the README of each library in an empty folder, with what the registry has. */
export async function checkReadmes(checks: Checks, registry: Registry, folder: string): Promise<void> {
  const libraries = publishablePackages().filter(({ name }) => !programs.includes(name));
  for (const { name, directory } of libraries) {
    await checkWith(checks, engines[name], `the example of ${name}'s README runs`, async () => {
      const example = readmeExample(await readFile(join(directory, "README.md"), "utf8"));
      const [served, reached] = [String(await freePort()), String(await freePort())];
      await tryExample(example, {
        directory: join(folder, basename(directory)),
        env: { ...registry.env, KUBECONFIG: kubeconfig, PORT: reached },
        instead: { "mcp/everything": serverImage, 4444: served, 3001: reached },
      });
    });
  }
}

/** A port that was free a moment ago. */
async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  const address = server.address();
  await new Promise((done) => server.close(done));
  if (address === null || typeof address === "string") throw new Error("it listens on no port");
  return address.port;
}

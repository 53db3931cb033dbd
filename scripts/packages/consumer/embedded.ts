import { copyFile } from "node:fs/promises";
import { join } from "node:path";
import { installTarballs } from "../install.ts";
import { repositoryRoot } from "../pack.ts";
import type { Tarball } from "../tarballs/inspect.ts";
import { installedVersion } from "./consumer.ts";
import { runExample } from "./example.ts";

const packages = ["@omg/core", "@omg/runtime-local", "@omg/transport-http"];
const others = ["@hono/node-server", "@modelcontextprotocol/server-everything", "express", "hono"];
const example = join(repositoryRoot, "examples/embedded");
const programs = ["hono.js", "express.js"];

/** examples/embedded in an empty folder, from tarballs: each program has its own route beside a gateway, and hears of calls. */
export async function checkEmbedded(folder: string, tarballs: readonly Tarball[]): Promise<void> {
  const directory = join(folder, "embedded");
  const wanted = tarballs.filter(({ manifest }) => packages.includes(manifest.name));
  const versions = others.map(async (name) => [name, await installedVersion(name, example)] as const);
  await installTarballs({
    directory,
    tarballs: Object.fromEntries(wanted.map(({ manifest, path }) => [manifest.name, path])),
    others: Object.fromEntries(await Promise.all(versions)),
  });
  for (const file of ["gateway.js", ...programs]) await copyFile(join(example, file), join(directory, file));
  for (const file of programs) {
    const printed = await runExample({ directory, file }, checkOwnRoute).catch((error: Error) => {
      throw new Error(`${file}: ${error.message}`);
    });
    if (!/^everything tools\/call: ok, \d+ ms$/.test(printed[1] ?? "")) {
      throw new Error(`${file} prints ${JSON.stringify(printed)}`);
    }
  }
}

async function checkOwnRoute(url: string): Promise<void> {
  const answer = await fetch(new URL("/calls", url));
  const counted = await answer.text();
  if (counted !== '{"everything":1}') throw new Error(`its own route answers ${counted}`);
}

import { existsSync, mkdirSync } from "node:fs";
import { join } from "node:path";
import { installConsumer } from "../../../scripts/packages/consumer/consumer.ts";
import { buildPackages, packPackage, publishablePackages } from "../../../scripts/packages/pack.ts";
import { readTarball } from "../../../scripts/packages/tarballs/inspect.ts";

/** Builds and packs all packages and installs them with npm into a folder. Gives the `omg` command. */
export async function installGateway(folder: string, say: (line: string) => void): Promise<string> {
  const tarballs = join(folder, "tarballs");
  mkdirSync(tarballs, { recursive: true });
  say("Building the packages");
  await buildPackages();
  say("Packing and installing them");
  const packed = [];
  for (const item of publishablePackages()) packed.push(await readTarball(await packPackage(item, tarballs)));
  const { directory } = await installConsumer(join(folder, "consumer"), packed);
  return join(directory, "node_modules/.bin/omg");
}

/** The command itself, or the one that is installed in a folder. */
export function installedOmg(path: string): string {
  const within = ["node_modules/.bin/omg", "consumer/node_modules/.bin/omg"].map((part) => join(path, part));
  return within.find((file) => existsSync(file)) ?? path;
}

import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { run } from "../../../../scripts/packages/run.ts";
import { type PeerName, peerNames, peerVersions } from "../target.ts";
import type { InstalledPeer } from "./launch-peer.ts";

const INSTALL_MS = 120_000;

/** Installs all peers with npm, each into a folder of its own; one that can not be installed is reported and left out. */
export async function installPeers(
  folder: string,
  report: (peer: PeerName, error: unknown) => void,
): Promise<InstalledPeer[]> {
  const installed: InstalledPeer[] = [];
  for (const name of peerNames) {
    try {
      installed.push({ name, command: await installPeer(name, join(folder, name)) });
    } catch (error) {
      report(name, error);
    }
  }
  return installed;
}

async function installPeer(name: PeerName, folder: string): Promise<string> {
  await mkdir(folder, { recursive: true });
  const manifest = { private: true, dependencies: { [name]: peerVersions[name] } };
  await writeFile(join(folder, "package.json"), JSON.stringify(manifest));
  const args = ["install", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"];
  await run("npm", args, { cwd: folder, timeoutMs: INSTALL_MS });
  return join(folder, "node_modules/.bin", name);
}

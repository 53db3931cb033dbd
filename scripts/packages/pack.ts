import { globSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { run } from "./run.ts";

/** The fields of a packed package.json that the checks look at. */
export interface PackedManifest {
  readonly name: string;
  readonly version: string;
  readonly private?: boolean;
  readonly exports?: Readonly<Record<string, string | { readonly types: string; readonly default: string }>>;
  readonly bin?: Readonly<Record<string, string>>;
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly peerDependencies?: Readonly<Record<string, string>>;
}

export interface PublishablePackage {
  readonly name: string;
  /** Absolute. */
  readonly directory: string;
}

export const repositoryRoot: string = join(import.meta.dirname, "../..");

/** The packages of the workspace that get published. */
export function publishablePackages(): PublishablePackage[] {
  return globSync("{packages,apps}/*/package.json", { cwd: repositoryRoot })
    .sort()
    .map((path) => ({ directory: join(repositoryRoot, dirname(path)), manifest: readManifest(path) }))
    .filter(({ manifest }) => manifest.private !== true)
    .map(({ directory, manifest }) => ({ directory, name: manifest.name }));
}

/** Builds all packages. turbo wants pnpm on its PATH, so pnpm starts it. */
export async function buildPackages(): Promise<void> {
  await runPnpm(["exec", "turbo", "run", "build", "--output-logs=errors-only"], repositoryRoot);
}

/** Packs like a release does: pnpm applies publishConfig, npm would not. Gives the tarball's path. */
export async function packPackage(item: PublishablePackage, into: string): Promise<string> {
  const answer = await runPnpm(["pack", "--json", "--pack-destination", into], item.directory);
  const { filename }: { filename: string } = JSON.parse(answer.slice(answer.indexOf("{")));
  return filename;
}

/** A script that pnpm started finds pnpm in its PATH; npx takes a while at each call. */
export function runPnpm(args: readonly string[], cwd: string): Promise<string> {
  if (process.env.npm_config_user_agent?.startsWith("pnpm/")) return run("pnpm", args, { cwd });
  const path = join(repositoryRoot, "package.json");
  const { packageManager }: { packageManager: string } = JSON.parse(readFileSync(path, "utf8"));
  return run("npx", ["-y", packageManager, ...args], { cwd });
}

function readManifest(path: string): PackedManifest {
  return JSON.parse(readFileSync(join(repositoryRoot, path), "utf8"));
}

import { cp, readFile } from "node:fs/promises";
import { join, relative } from "node:path";
import { publishablePackages, repositoryRoot, runPnpm } from "../pack.ts";
import { run } from "../run.ts";
import type { Registry } from "./registry.ts";

/** The next version of all packages, in a copy of the repository. */
export interface Rehearsal {
  readonly directory: string;
  readonly version: string;
}

/** Does in a copy of the repository what the release workflow does before it publishes. */
export async function rehearseVersion(directory: string): Promise<Rehearsal> {
  await copyRepository(directory);
  await runPnpm(["install", "--frozen-lockfile", "--prefer-offline"], directory);
  await run("npm", ["run", "version"], { cwd: directory });
  return { directory, version: await versionOf(join(directory, "packages/core")) };
}

/** What is not as a release should be: one version, and changelogs that tell of it in words. */
export async function checkVersions({ directory, version }: Rehearsal): Promise<string[]> {
  const wrong = version === "0.0.0" ? ["the version is still 0.0.0"] : [];
  for (const item of publishablePackages()) {
    const copy = join(directory, relative(repositoryRoot, item.directory));
    const own = await versionOf(copy);
    if (own !== version) wrong.push(`${item.name} has the version ${own}, others have ${version}`);
    const changelog = await readFile(join(copy, "CHANGELOG.md"), "utf8").catch(() => "");
    if (!changelog.includes(`## ${version}\n`)) wrong.push(`${item.name} has no changelog of ${version}`);
  }
  return wrong;
}

/** Publishes from the copy. Gives the version that the release says is out. */
export async function rehearsePublish({ directory }: Rehearsal, { env }: Registry): Promise<string> {
  return (await run("npm", ["run", "--silent", "release"], { cwd: directory, env })).trim();
}

/** What git knows, and what it would take. */
async function copyRepository(directory: string): Promise<void> {
  const list = async (...flags: string[]) => {
    const printed = await run("git", ["ls-files", "-z", ...flags], { cwd: repositoryRoot });
    return printed.split("\0").filter((file) => file !== "");
  };
  const removed = new Set(await list("--deleted"));
  const files = await list("--cached", "--others", "--exclude-standard");
  for (const file of files.filter((name) => !removed.has(name))) {
    await cp(join(repositoryRoot, file), join(directory, file), { verbatimSymlinks: true });
  }
}

async function versionOf(directory: string): Promise<string> {
  const manifest: { version: string } = JSON.parse(await readFile(join(directory, "package.json"), "utf8"));
  return manifest.version;
}

import { readFile, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { installTarballs } from "../install.ts";
import { repositoryRoot } from "../pack.ts";
import { run } from "../run.ts";
import type { Tarball } from "../tarballs/inspect.ts";
import { entriesOf, importProbe, typeProbe } from "./consumer-sources.ts";

/** A project of a user that has the packages installed. */
export interface Consumer {
  readonly directory: string;
  readonly tarballs: readonly Tarball[];
}

/** Installs the tarballs with npm into a new folder. */
export async function installConsumer(directory: string, tarballs: readonly Tarball[]): Promise<Consumer> {
  await installTarballs({
    directory,
    tarballs: Object.fromEntries(tarballs.map(({ manifest, path }) => [manifest.name, path])),
    others: { "@types/node": await installedVersion("@types/node", repositoryRoot) },
  });
  return { directory, tarballs };
}

/** What npm took from elsewhere than from the tarballs, or installed twice. */
export async function strangers({ directory, tarballs }: Consumer): Promise<string[]> {
  const lock: { packages: Record<string, { resolved?: string }> } = JSON.parse(
    await readFile(join(directory, "package-lock.json"), "utf8"),
  );
  const expected = new Set(tarballs.map(({ manifest }) => `node_modules/${manifest.name}`));
  return Object.entries(lock.packages)
    .filter(([path]) => /(?:^|\/)node_modules\/@omg\/[^/]+$/.test(path))
    .filter(([path, { resolved }]) => !expected.has(path) || !resolved?.startsWith("file:"))
    .map(([path, { resolved }]) => `${path} comes from ${resolved}`);
}

/** Imports an entry in a process of its own. A runtime must have a factory as its default export. */
export async function importEntry(consumer: Consumer, entry: string, node: string): Promise<void> {
  await run(node, ["--input-type=module", "--eval", importProbe(entry)], {
    cwd: consumer.directory,
    env: pathWith(node),
    timeoutMs: 30_000,
  });
}

/** Type-checks a small program that uses every entry, declarations of all dependencies included. */
export async function typeCheck(consumer: Consumer): Promise<void> {
  const { directory, tarballs } = consumer;
  const compilerOptions = {
    module: "nodenext",
    target: "es2024",
    lib: ["es2024", "esnext.disposable"],
    types: ["node"],
    strict: true,
    exactOptionalPropertyTypes: true,
    skipLibCheck: false,
    noEmit: true,
  };
  await writeFile(join(directory, "tsconfig.json"), JSON.stringify({ compilerOptions, files: ["main.ts"] }));
  await writeFile(join(directory, "main.ts"), typeProbe(entriesOf(tarballs)));
  await run(join(repositoryRoot, "node_modules/.bin/tsc"), ["-p", "."], { cwd: directory });
}

/** Runs an installed command and gives what it prints. */
export async function runBin(
  consumer: Consumer,
  name: string,
  args: readonly string[],
  node: string,
  env: Readonly<Record<string, string>> = {},
): Promise<string> {
  const options = { cwd: consumer.directory, env: { ...pathWith(node), ...env }, timeoutMs: 30_000 };
  return run(join(consumer.directory, "node_modules/.bin", name), args, options);
}

/** The Node under test comes first, since commands look for `node` in PATH. */
function pathWith(node: string): Record<string, string> {
  return { PATH: `${dirname(node)}:${process.env.PATH ?? ""}` };
}

/** The version of a package that a folder of the repository uses. */
export async function installedVersion(name: string, folder: string): Promise<string> {
  const path = join(folder, "node_modules", name, "package.json");
  const { version }: { version: string } = JSON.parse(await readFile(path, "utf8"));
  return version;
}

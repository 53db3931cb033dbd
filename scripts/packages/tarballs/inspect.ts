import { readFile } from "node:fs/promises";
import { isBuiltin } from "node:module";
import { posix } from "node:path";
import { checkPackage, createPackageFromTarballData, type Problem } from "@arethetypeswrong/core";
import { publint } from "publint";
import { formatMessage } from "publint/utils";
import type { PackedManifest } from "../pack.ts";

/** A packed package, read. */
export interface Tarball {
  readonly path: string;
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly manifest: PackedManifest;
  /** From the root of the package. */
  readonly files: readonly string[];
  /** The text of a file. */
  read(file: string): string;
}

type Readable = Pick<Tarball, "files" | "manifest" | "read">;

export async function readTarball(path: string): Promise<Tarball> {
  const bytes = new Uint8Array(await readFile(path));
  const contents = createPackageFromTarballData(bytes);
  const base = `/node_modules/${contents.packageName}/`;
  const manifest: PackedManifest = JSON.parse(contents.readFile(`${base}package.json`));
  const files = contents.listFiles().map((file) => file.slice(base.length));
  return { path, bytes, manifest, files, read: (file) => contents.readFile(base + file) };
}

/** What must be in a package, and what must not. What a scaffold writes, tests included, is a folder of its own. */
export function checkContents({ files: all, manifest }: Pick<Tarball, "files" | "manifest">): string[] {
  const isTemplate = (file: string) => manifest.name.startsWith("create-") && file.startsWith("template/");
  const files = all.filter((file) => !isTemplate(file));
  const missing = ["LICENSE", "README.md", "package.json"].filter((file) => !files.includes(file));
  const surplus = files.filter(
    (file) => !/^(?:LICENSE|README\.md|CHANGELOG\.md|package\.json|dist\/.+)$/.test(file),
  );
  const tests = files.filter((file) => /(?:^|\/)tests?\/|\.test\./.test(file));
  const unresolved = Object.entries({ ...manifest.dependencies, ...manifest.peerDependencies })
    .filter(([, version]) => /^(?:workspace|catalog|file|link):/.test(version))
    .map(([name, version]) => `${name} has the version ${version}`);
  return [
    ...missing.map((file) => `${file} is missing`),
    ...[...new Set([...surplus, ...tests])].map((file) => `${file} does not belong in the package`),
    ...unresolved,
  ];
}

/** Files that the code looks for beside itself, such as a script to run, but the build left out. */
export function missingAssets({ files, read }: Pick<Readable, "files" | "read">): string[] {
  return files
    .filter((file) => file.endsWith(".js"))
    .flatMap((file) =>
      [...read(file).matchAll(/new URL\(\s*["'`](\.[^"'`]*)["'`],\s*import\.meta\.url/g)]
        .map((match) => posix.join(posix.dirname(file), match[1] ?? ""))
        .filter((asset) => !files.includes(asset))
        .map((asset) => `${file} needs ${asset}, which is not in the package`),
    );
}

const importedFrom = /(?:^|;)(?:import\s*|(?:import|export)\b[^;"']*?\bfrom\s*)["']([^."'][^"']*)["']/gm;

/** Packages that the code or its types import, and the package does not bring. */
export function undeclaredImports({ files, manifest, read }: Readable): string[] {
  const declared = [
    manifest.name,
    ...Object.keys({ ...manifest.dependencies, ...manifest.peerDependencies }),
  ];
  return codeOf(files).flatMap((file) =>
    [...read(file).matchAll(importedFrom)]
      .map(([, specifier = ""]) => specifier)
      .filter((specifier) => !isBuiltin(specifier))
      .filter((specifier) => !declared.some((name) => specifier === name || specifier.startsWith(`${name}/`)))
      .map((specifier) => `${file} imports ${specifier}, which is no dependency`),
  );
}

/** What the code says of where it was built, and maps to sources that are not there. */
export function tracesOfTheBuild({ files, read }: Readable, root: string): string[] {
  return codeOf(files).flatMap((file) =>
    [root, "sourceMappingURL="]
      .filter((trace) => read(file).includes(trace))
      .map((trace) => `${file} holds ${trace}`),
  );
}

/** publint's findings. */
export async function lintPackage({ bytes }: Tarball): Promise<string[]> {
  const { messages, pkg } = await publint({ pack: { tarball: bytes.buffer }, strict: true });
  return messages.map((message) => formatMessage(message, pkg, { color: false }) ?? message.code);
}

/** Whether TypeScript finds the types of every entry. The packages are ESM only, so `require` does not count. */
export async function checkTypes({ bytes, manifest }: Tarball): Promise<string[]> {
  // An export that is a bare path is a script to run or a file to read.
  const excludeEntrypoints = Object.entries(manifest.exports ?? {})
    .filter(([, target]) => typeof target === "string")
    .map(([key]) => key);
  const result = await checkPackage(createPackageFromTarballData(bytes), { excludeEntrypoints });
  if (!result.types) return [];
  return result.problems.filter(concernsEsm).map((problem) => JSON.stringify(problem));
}

function codeOf(files: readonly string[]): string[] {
  return files.filter((file) => /\.(?:m?js|d\.ts)$/.test(file));
}

function concernsEsm(problem: Problem): boolean {
  if (!("resolutionKind" in problem)) return true;
  return problem.resolutionKind === "node16-esm" || problem.resolutionKind === "bundler";
}

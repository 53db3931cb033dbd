import { globSync, readFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { findImports, type ImportUse } from "./imports.ts";
import { maskCode } from "./mask-code.ts";

export type Exports = Readonly<Record<string, string | { readonly types: string; readonly default: string }>>;

/** The fields of a package.json that the tests look at. */
export interface Manifest {
  readonly name: string;
  readonly version?: string;
  readonly private?: boolean;
  readonly type?: string;
  readonly license?: string;
  readonly description?: string;
  readonly keywords?: readonly string[];
  readonly files?: readonly string[];
  readonly sideEffects?: boolean;
  readonly engines?: Readonly<Record<string, string>>;
  readonly exports?: Exports;
  readonly bin?: Readonly<Record<string, string>>;
  readonly publishConfig?: {
    readonly access?: string;
    readonly exports?: Exports;
    readonly bin?: Readonly<Record<string, string>>;
  };
  readonly scripts?: Readonly<Record<string, string>>;
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
  readonly peerDependencies?: Readonly<Record<string, string>>;
  readonly devDependencies?: Readonly<Record<string, string>>;
}

export interface SourceFile {
  /** From the root of the repository. */
  readonly path: string;
  /** The text without comments and the inside of strings. */
  readonly code: string;
  readonly imports: readonly ImportUse[];
}

export interface WorkspacePackage {
  /** From the root of the repository, for example `packages/core`. */
  readonly directory: string;
  readonly manifest: Manifest;
  /** What is published: the files of `src`. */
  readonly sources: readonly SourceFile[];
}

export const repositoryRoot: string = join(import.meta.dirname, "../..");

/** Every package below `packages` and `apps`. */
export function readWorkspace(): WorkspacePackage[] {
  return globSync("{packages,apps}/*/package.json", { cwd: repositoryRoot })
    .sort()
    .map((path) => {
      const directory = dirname(path);
      const manifest: Manifest = JSON.parse(readFileSync(join(repositoryRoot, path), "utf8"));
      return { directory, manifest, sources: readSources(directory) };
    });
}

/** Reads one source file for the rules. */
export function sourceFile(path: string, text: string): SourceFile {
  const code = maskCode(text);
  return { path, code, imports: findImports(text, code) };
}

function readSources(directory: string): SourceFile[] {
  return globSync(`${directory}/src/**/*.{ts,js,mjs}`, { cwd: repositoryRoot })
    .sort()
    .map((path) => {
      const absolute = join(repositoryRoot, path);
      return sourceFile(relative(repositoryRoot, absolute), readFileSync(absolute, "utf8"));
    });
}

import { isBuiltin } from "node:module";
import { posix } from "node:path";
import type { ImportUse } from "./imports.ts";
import { lineAt } from "./imports.ts";
import type { SourceFile, WorkspacePackage } from "./workspace.ts";

/** What is wrong, one line a finding, with file and specifier. */
export type Findings = string[];
export type Role = "core" | "testkit" | "upstream" | "runtime" | "transport" | "app" | "scaffold";

/** SDK imports in core stay in these files. */
export const sdkFilesOfCore: readonly string[] = [];

/** Files of libraries that may use what otherwise only the app may, and why. */
export const processFiles: Readonly<Record<string, string>> = {
  "packages/runtime-testkit/src/rules.ts":
    "puts a secret into the environment, to see that no server gets it",
  "packages/runtime-testkit/src/scripted-server.mjs": "runs as a process of its own: the server under test",
};

/** Files that may ask what time it is on the wall, and for what: everything else measures time that no clock change touches. */
export const wallTimeFiles: Readonly<Record<string, string>> = {
  "apps/gateway/src/logging/logger.ts": "the time of a log line",
  "apps/gateway/src/reload/catalog-reloader.ts": "when the catalog was read, for people",
  "apps/gateway/src/state/file-store.ts": "the age of files, which have wall times",
  "packages/core/src/clock.ts": "dates for people",
  "packages/core/src/pool/server.ts": "when a server was started and used, for people",
  "packages/runtime-k8s/src/ownership/lease.ts": "when a lease was renewed, for other programs",
  "packages/runtime-sse/src/auth/grants.ts": "when a token expires",
  "packages/runtime-sse/src/auth/grant-authorizer.ts": "whether a token has expired",
  "packages/transport-http/src/management.ts": "when the catalog was read, and how long ago, for people",
  "packages/upstream-http/src/status-failure.ts": "a Retry-After that is a date",
};

const wallTime = /(?<![.\w$#])(?:Date\s*\.\s*now\b|new\s+Date\b)/g;

/** Core is handed files, processes and sockets, so that it runs anywhere and under fake clocks. */
const outsideCore =
  /^(?:hono|chokidar|dockerode|@hono\/.*|@kubernetes\/.*|node:(?:child_process|cluster|dgram|dns|fs|http|http2|https|module|net|os|process|readline|tls|tty|vm|worker_threads)(?:\/.*)?)$/;
const outsideTransports = /^(?:node:(?:child_process|cluster|fs|worker_threads)(?:\/.*)?)$/;
const appOnlyModules = /^(?:node:(?:process|module|console))$/;
const appOnlyGlobals =
  /(?:(?<![.\w$#])|globalThis\s*\??\.\s*)(?:console\b(?=\s*[.?[])|process\s*\??\.\s*(?:env|argv|argv0|execArgv|exit|exitCode|abort|chdir|on|once|addListener|emitWarning|stdin|stdout|stderr)\b|process\s*(?:\?\.\s*)?\[|(?<==\s*)process\b(?!\s*[.?(]))/g;

export function roleOf({ directory, manifest }: WorkspacePackage): Role | undefined {
  if (directory.startsWith("apps/")) return "app";
  if (manifest.name.startsWith("create-")) return "scaffold";
  if (manifest.name === "@omg/core") return "core";
  if (manifest.name === "@omg/runtime-testkit") return "testkit";
  if (manifest.name.startsWith("@omg/runtime-")) return "runtime";
  if (manifest.name.startsWith("@omg/upstream-")) return "upstream";
  return manifest.name.startsWith("@omg/transport-") ? "transport" : undefined;
}

export function everyPackageHasARole(packages: readonly WorkspacePackage[]): Findings {
  return packages
    .filter((item) => roleOf(item) === undefined)
    .map((item) => `${item.directory}: no rule knows a package named "${item.manifest.name}"`);
}

export function coreImportsNoOtherPackageOfOurs(packages: readonly WorkspacePackage[]): Findings {
  return findUses(packages, ["core"], (specifier) => specifier.startsWith("@omg/"));
}

export function coreStaysAwayFromTheOutside(packages: readonly WorkspacePackage[]): Findings {
  return findUses(packages, ["core"], (specifier) => outsideCore.test(withNodePrefix(specifier)));
}

export function coreUsesTheSdkInListedFilesOnly(
  packages: readonly WorkspacePackage[],
  listed = sdkFilesOfCore,
): Findings {
  return findUses(
    packages,
    ["core"],
    (specifier, file) => specifier.startsWith("@modelcontextprotocol/") && !listed.includes(file.path),
  );
}

/** What several runtimes need is a package that third-party runtimes can use, too; never another runtime. */
export function runtimesSeeTheirInterfaceAndWaysToServersOnly(
  packages: readonly WorkspacePackage[],
): Findings {
  return findUses(packages, ["runtime"], (specifier) =>
    isOursExcept(specifier, "@omg/core/runtime", "@omg/upstream-http"),
  );
}

export function waysToServersSeeTheRuntimeInterfaceOnly(packages: readonly WorkspacePackage[]): Findings {
  return findUses(packages, ["upstream"], (specifier) => isOursExcept(specifier, "@omg/core/runtime"));
}

export function testkitSeesTheRuntimeInterfaceOnly(packages: readonly WorkspacePackage[]): Findings {
  return findUses(packages, ["testkit"], (specifier) => isOursExcept(specifier, "@omg/core/runtime"));
}

/** It is installed for a moment, to write files. */
export function scaffoldsImportNothingOfOurs(packages: readonly WorkspacePackage[]): Findings {
  return findUses(packages, ["scaffold"], (specifier) => specifier.startsWith("@omg/"));
}

export function transportsSeeCoreOnly(packages: readonly WorkspacePackage[]): Findings {
  return findUses(packages, ["transport"], (specifier) => isOursExcept(specifier, "@omg/core"));
}

export function transportsUseNoFilesAndNoProcesses(packages: readonly WorkspacePackage[]): Findings {
  return findUses(packages, ["transport"], (specifier) => outsideTransports.test(withNodePrefix(specifier)));
}

/** A user who needs no Docker shall not load, nor have to install, the package for it. */
export function appLoadsRuntimesOnDemand(packages: readonly WorkspacePackage[]): Findings {
  return findUses(
    packages,
    ["app"],
    (specifier, _, use) => specifier.startsWith("@omg/runtime-") && use.kind === "static",
  );
}

export function onlyProgramsTouchTheirProcess(
  packages: readonly WorkspacePackage[],
  exempt = Object.keys(processFiles),
): Findings {
  const libraries = packages.filter((item) => !isProgram(item));
  const imports = findUses(libraries, undefined, (specifier, file) => {
    return appOnlyModules.test(withNodePrefix(specifier)) && !exempt.includes(file.path);
  });
  const globals = libraries
    .flatMap((item) => item.sources)
    .filter((file) => !exempt.includes(file.path))
    .flatMap((file) =>
      [...file.code.matchAll(appOnlyGlobals)].map(
        (match) => `${file.path}:${lineAt(file.code, match.index)}: uses ${match[0].replace(/\s/g, "")}`,
      ),
    );
  return [...imports, ...globals];
}

export function timeIsMeasuredByMonotonicClocks(packages: readonly WorkspacePackage[]): Findings {
  return packages
    .flatMap((item) => item.sources)
    .filter((file) => !Object.hasOwn(wallTimeFiles, file.path))
    .flatMap((file) =>
      [...file.code.matchAll(wallTime)].map(
        (match) => `${file.path}:${lineAt(file.code, match.index)}: uses ${match[0]}`,
      ),
    );
}

export function librariesNameWhatTheyImport(packages: readonly WorkspacePackage[]): Findings {
  return packages
    .filter((item) => roleOf(item) !== "app")
    .flatMap((item) => item.sources)
    .flatMap((file) => file.imports.filter((use) => use.specifier === undefined).map((use) => at(file, use)));
}

export function importsAreDeclared(packages: readonly WorkspacePackage[]): Findings {
  return packages.flatMap((item) => {
    const { dependencies, peerDependencies, optionalDependencies, devDependencies } = item.manifest;
    // The build of the app puts into it all that it imports.
    const bundled = roleOf(item) === "app" ? devDependencies : {};
    const declared = { ...dependencies, ...peerDependencies, ...optionalDependencies, ...bundled };
    return findUses([item], undefined, (specifier) => {
      return !specifier.startsWith(".") && !isBuiltin(specifier) && !(packageName(specifier) in declared);
    });
  });
}

export function coreIsAPeer(packages: readonly WorkspacePackage[]): Findings {
  return packages
    .filter((item) => ["upstream", "runtime", "transport", "testkit"].includes(roleOf(item) ?? ""))
    .filter(({ manifest }) => {
      return !manifest.peerDependencies?.["@omg/core"] || manifest.dependencies?.["@omg/core"];
    })
    .map((item) => `${item.directory}/package.json: "@omg/core" must be in peerDependencies, and only there`);
}

export function relativeImportsStayInside(packages: readonly WorkspacePackage[]): Findings {
  return packages.flatMap((item) =>
    findUses([item], undefined, (specifier, file) => {
      if (specifier.startsWith("/") || specifier.startsWith("file:")) return true;
      if (!specifier.startsWith(".")) return false;
      const target = posix.join(posix.dirname(file.path), specifier);
      return !/\.(?:ts|js|mjs|json)$/.test(specifier) || !target.startsWith(`${item.directory}/`);
    }),
  );
}

function isProgram(item: WorkspacePackage): boolean {
  return roleOf(item) === "app" || roleOf(item) === "scaffold";
}

function findUses(
  packages: readonly WorkspacePackage[],
  roles: readonly Role[] | undefined,
  isWrong: (specifier: string, file: SourceFile, use: ImportUse) => boolean,
): Findings {
  return packages
    .filter((item) => roles === undefined || roles.some((role) => role === roleOf(item)))
    .flatMap((item) => item.sources)
    .flatMap((file) =>
      file.imports
        .filter((use) => use.specifier !== undefined && isWrong(use.specifier, file, use))
        .map((use) => at(file, use)),
    );
}

function at(file: SourceFile, use: ImportUse): string {
  return `${file.path}:${use.line}: imports ${use.specifier === undefined ? "a computed name" : `"${use.specifier}"`}`;
}

function isOursExcept(specifier: string, ...allowed: readonly string[]): boolean {
  return specifier.startsWith("@omg/") && !allowed.includes(specifier);
}

/** `fs` and `node:fs` are one module. */
function withNodePrefix(specifier: string): string {
  return isBuiltin(specifier) && !specifier.startsWith("node:") ? `node:${specifier}` : specifier;
}

function packageName(specifier: string): string {
  return specifier.split("/", specifier.startsWith("@") ? 2 : 1).join("/");
}

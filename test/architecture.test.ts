import { globSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { describe, expect, test } from "vitest";
import * as rules from "./support/architecture-rules.ts";
import { findImportCycles } from "./support/import-cycles.ts";
import { findImports } from "./support/imports.ts";
import { maskCode } from "./support/mask-code.ts";
import { readWorkspace, repositoryRoot } from "./support/workspace.ts";

const packages = readWorkspace();

describe("the packages", () => {
  test("each have a role that the rules know", () => {
    expect(rules.everyPackageHasARole(packages)).toEqual([]);
  });

  test("core imports no other package of ours", () => {
    expect(rules.coreImportsNoOtherPackageOfOurs(packages)).toEqual([]);
  });

  test("core imports no server, no watcher, no engine, no files, processes or sockets", () => {
    expect(rules.coreStaysAwayFromTheOutside(packages)).toEqual([]);
  });

  test("core imports the SDK in listed files only", () => {
    expect(rules.coreUsesTheSdkInListedFilesOnly(packages)).toEqual([]);
  });

  test("runtimes import only @omg/core/runtime and @omg/upstream-http of ours", () => {
    expect(rules.runtimesSeeTheirInterfaceAndWaysToServersOnly(packages)).toEqual([]);
  });

  test("ways to servers, which runtimes share, import only @omg/core/runtime of ours", () => {
    expect(rules.waysToServersSeeTheRuntimeInterfaceOnly(packages)).toEqual([]);
  });

  test("the testkit imports only @omg/core/runtime of ours", () => {
    expect(rules.testkitSeesTheRuntimeInterfaceOnly(packages)).toEqual([]);
  });

  test("scaffolds import nothing of ours", () => {
    expect(rules.scaffoldsImportNothingOfOurs(packages)).toEqual([]);
  });

  test("transports import only @omg/core of ours", () => {
    expect(rules.transportsSeeCoreOnly(packages)).toEqual([]);
  });

  test("transports touch no files and start no processes", () => {
    expect(rules.transportsUseNoFilesAndNoProcesses(packages)).toEqual([]);
  });

  test("the app loads a runtime only when the catalog names it", () => {
    expect(rules.appLoadsRuntimesOnDemand(packages)).toEqual([]);
  });

  test("only programs read environment, arguments and signals, write to the console, and exit", () => {
    expect(rules.onlyProgramsTouchTheirProcess(packages)).toEqual([]);
  });

  test("ask for the wall's time only where it is meant", () => {
    expect(rules.timeIsMeasuredByMonotonicClocks(packages)).toEqual([]);
  });

  test("libraries import by literal names, so that these rules see everything", () => {
    expect(rules.librariesNameWhatTheyImport(packages)).toEqual([]);
  });

  test("declare what their sources import", () => {
    expect(rules.importsAreDeclared(packages)).toEqual([]);
  });

  test("have @omg/core as a peer, unless they are the app", () => {
    expect(rules.coreIsAPeer(packages)).toEqual([]);
  });

  test("keep relative imports inside, with the file's ending", () => {
    expect(rules.relativeImportsStayInside(packages)).toEqual([]);
  });

  test("keep the relative imports of their tests inside, too: a build of types writes beside what they reach", () => {
    const strays = globSync("packages/*/test/**/*.ts", { cwd: repositoryRoot }).flatMap((path) => {
      const source = readFileSync(join(repositoryRoot, path), "utf8");
      const home = path.split("/").slice(0, 2).join("/");
      return findImports(source, maskCode(source))
        .filter(({ specifier = "" }) => specifier.startsWith("."))
        .map(({ specifier = "" }) => join(dirname(path), specifier))
        .filter((target) => !target.startsWith(`${home}/`))
        .map((target) => `${path} reaches ${target}`);
    });
    expect(strays).toEqual([]);
  });

  test("have no import cycles", () => {
    expect(packages.flatMap((item) => findImportCycles(item.sources))).toEqual([]);
  });

  test("have no exceptions for files that are gone", () => {
    const files = packages.flatMap((item) => item.sources).map((file) => file.path);
    expect(files).toEqual(
      expect.arrayContaining([
        ...rules.sdkFilesOfCore,
        ...Object.keys(rules.processFiles),
        ...Object.keys(rules.wallTimeFiles),
      ]),
    );
  });

  test("are all found", () => {
    expect(packages.map((item) => item.manifest.name)).toContain("@omg/core");
    expect(packages.flatMap((item) => item.sources).length).toBeGreaterThan(packages.length);
  });
});

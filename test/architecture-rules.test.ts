import { describe, expect, test } from "vitest";
import * as rules from "./support/architecture-rules.ts";
import { findImportCycles } from "./support/import-cycles.ts";
import { type Manifest, sourceFile, type WorkspacePackage } from "./support/workspace.ts";

type Rule = (packages: readonly WorkspacePackage[]) => string[];

/** A package with one source file. */
function sample(name: string, text: string, manifest: Partial<Manifest> = {}): WorkspacePackage {
  const short = name.replace("@omg/", "");
  const directory = short === "gateway" ? "apps/gateway" : `packages/${short}`;
  return {
    directory,
    manifest: { name, ...manifest },
    sources: [sourceFile(`${directory}/src/index.ts`, text)],
  };
}

const refused: readonly (readonly [rule: Rule, item: WorkspacePackage, finding: string])[] = [
  [rules.everyPackageHasARole, sample("@omg/surprise", ""), '"@omg/surprise"'],
  [rules.coreImportsNoOtherPackageOfOurs, sample("@omg/core", 'import "@omg/gateway"'), '"@omg/gateway"'],
  [rules.coreStaysAwayFromTheOutside, sample("@omg/core", 'import { Hono } from "hono";'), '"hono"'],
  [
    rules.coreStaysAwayFromTheOutside,
    sample("@omg/core", 'export * from "node:fs/promises";'),
    '"node:fs/promises"',
  ],
  [rules.coreStaysAwayFromTheOutside, sample("@omg/core", 'import type { Socket } from "net";'), '"net"'],
  [rules.coreStaysAwayFromTheOutside, sample("@omg/core", 'await import("chokidar")'), '"chokidar"'],
  [
    rules.coreUsesTheSdkInListedFilesOnly,
    sample("@omg/core", 'import "@modelcontextprotocol/client"'),
    ":1: imports",
  ],
  [
    rules.runtimesSeeTheirInterfaceAndWaysToServersOnly,
    sample("@omg/runtime-x", '\nimport { a } from "@omg/core"'),
    ":2: imports",
  ],
  [
    rules.runtimesSeeTheirInterfaceAndWaysToServersOnly,
    sample("@omg/runtime-x", 'import "@omg/runtime-y"'),
    '"@omg/runtime-y"',
  ],
  [
    rules.waysToServersSeeTheRuntimeInterfaceOnly,
    sample("@omg/upstream-x", 'import "@omg/core"'),
    '"@omg/core"',
  ],
  [
    rules.waysToServersSeeTheRuntimeInterfaceOnly,
    sample("@omg/upstream-x", 'import "@omg/runtime-x"'),
    '"@omg/runtime-x"',
  ],
  [
    rules.testkitSeesTheRuntimeInterfaceOnly,
    sample("@omg/runtime-testkit", 'import "@omg/core"'),
    '"@omg/core"',
  ],
  [
    rules.scaffoldsImportNothingOfOurs,
    sample("create-x", 'import "@omg/core/runtime"'),
    '"@omg/core/runtime"',
  ],
  [
    rules.transportsSeeCoreOnly,
    sample("@omg/transport-x", 'import "@omg/core/config"'),
    '"@omg/core/config"',
  ],
  [rules.transportsUseNoFilesAndNoProcesses, sample("@omg/transport-x", 'import fs from "fs"'), '"fs"'],
  [
    rules.appLoadsRuntimesOnDemand,
    sample("@omg/gateway", 'import x from "@omg/runtime-local"'),
    '"@omg/runtime-local"',
  ],
  [rules.onlyProgramsTouchTheirProcess, sample("@omg/core", "f(process.env.HOME)"), "uses process.env"],
  [rules.onlyProgramsTouchTheirProcess, sample("@omg/core", "f(`${process.argv}`)"), "uses process.argv"],
  [
    rules.onlyProgramsTouchTheirProcess,
    sample("@omg/core", 'globalThis.process?.["env"]'),
    "uses globalThis.process",
  ],
  [rules.onlyProgramsTouchTheirProcess, sample("@omg/core", "const { env } = process;"), "uses process"],
  [
    rules.onlyProgramsTouchTheirProcess,
    sample("@omg/core", 'import { env } from "node:process"'),
    '"node:process"',
  ],
  [rules.onlyProgramsTouchTheirProcess, sample("@omg/runtime-x", "process.exit(1)"), "uses process.exit"],
  [
    rules.onlyProgramsTouchTheirProcess,
    sample("@omg/runtime-x", 'process.on("SIGTERM", f)'),
    "uses process.on",
  ],
  [rules.onlyProgramsTouchTheirProcess, sample("@omg/transport-x", "console.error(1)"), "uses console"],
  [rules.timeIsMeasuredByMonotonicClocks, sample("@omg/core", "f(Date.now())"), "uses Date.now"],
  [rules.timeIsMeasuredByMonotonicClocks, sample("@omg/transport-x", "new Date()"), "uses new Date"],
  [rules.librariesNameWhatTheyImport, sample("@omg/runtime-x", "await import(name)"), "a computed name"],
  [rules.importsAreDeclared, sample("@omg/core", 'import { z } from "zod/v4"'), '"zod/v4"'],
  [rules.importsAreDeclared, sample("@omg/core", 'import "a"', { devDependencies: { a: "1" } }), '"a"'],
  [
    rules.coreIsAPeer,
    sample("@omg/runtime-x", "", { dependencies: { "@omg/core": "*" } }),
    "peerDependencies",
  ],
  [rules.coreIsAPeer, sample("@omg/upstream-x", ""), "peerDependencies"],
  [rules.relativeImportsStayInside, sample("@omg/core", 'import "./a"'), '"./a"'],
  [
    rules.relativeImportsStayInside,
    sample("@omg/core", 'import "../../gateway/src/a.ts"'),
    '"../../gateway/src/a.ts"',
  ],
];

describe("the architecture rules refuse", () => {
  test.each(refused)("%o: sample %#", (rule, item, finding) => {
    const findings = rule([item]);
    expect(findings).toHaveLength(1);
    expect(findings[0]).toContain(finding);
    expect(findings[0]).toContain(item.directory);
  });

  test("a circle of imports", () => {
    const circle = [
      sourceFile("src/a.ts", 'import { b } from "./b.ts";'),
      sourceFile("src/b.ts", 'export { c } from "./deep/c.ts";'),
      sourceFile("src/deep/c.ts", 'import "../a.ts";'),
    ];
    expect(findImportCycles(circle)).toEqual([
      "import cycle: src/a.ts → src/b.ts → src/deep/c.ts → src/a.ts",
    ]);
  });
});

describe("the architecture rules allow", () => {
  const everyRule = Object.values(rules).filter((value) => typeof value === "function") as unknown as Rule[];
  const allowed: readonly WorkspacePackage[] = [
    sample("@omg/core", "// process.env\nconst help = 'process.exit() and console.log()';"),
    sample(
      "@omg/core",
      "const process = /console.log['\"]/; f(process.pid, child.process.env, my.console.log)",
    ),
    sample("@omg/core", 'import "yaml";\nexport const from = "hono";', { dependencies: { yaml: "1" } }),
    sample("@omg/runtime-x", 'import "@omg/core/runtime"; import "node:fs"; import("./a.ts")', {
      peerDependencies: { "@omg/core": "1" },
    }),
    sample("@omg/runtime-y", 'import "@omg/upstream-http"', {
      peerDependencies: { "@omg/core": "1" },
      dependencies: { "@omg/upstream-http": "1" },
    }),
    sample("create-x", "process.stdout.write(process.argv.join())"),
    sample("@omg/gateway", 'console.log(process.env); await import("@omg/runtime-local"); import(name)', {
      dependencies: { "@omg/runtime-local": "1" },
    }),
  ];

  test.each(allowed)("what is right: sample %#", (item) => {
    const findings = everyRule.filter((rule) => rule.name !== "roleOf").flatMap((rule) => rule([item]));
    expect(findings).toEqual([]);
  });

  test("the SDK in a listed file of core", () => {
    const item = sample("@omg/core", 'import "@modelcontextprotocol/client"');
    expect(rules.coreUsesTheSdkInListedFilesOnly([item], ["packages/core/src/index.ts"])).toEqual([]);
  });

  test("the process in a listed file", () => {
    const item = sample("@omg/runtime-testkit", "process.exit()");
    expect(rules.onlyProgramsTouchTheirProcess([item], ["packages/runtime-testkit/src/index.ts"])).toEqual(
      [],
    );
  });

  test("circles of type imports and of dynamic imports", () => {
    const circle = [
      sourceFile("src/a.ts", 'import type { B } from "./b.ts"; import { c } from "./c.ts";'),
      sourceFile("src/b.ts", 'import { a } from "./a.ts";'),
      sourceFile("src/c.ts", 'await import("./a.ts")'),
    ];
    expect(findImportCycles(circle)).toEqual([]);
  });
});

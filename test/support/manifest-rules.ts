import type { Exports, Manifest } from "./workspace.ts";

/** Says what is wrong with the package.json of a published package; the directory's files are `files`. */
export function checkManifest(manifest: Manifest, files: readonly string[]): string[] {
  const { publishConfig } = manifest;
  const wrong: string[] = [];
  const expectThat = (holds: boolean, message: string) => {
    if (!holds) wrong.push(`${manifest.name}: ${message}`);
  };

  expectThat(manifest.private !== true, "must not be private");
  expectThat(manifest.license === "Apache-2.0", 'license must be "Apache-2.0"');
  expectThat(manifest.type === "module", 'type must be "module"');
  expectThat(manifest.engines?.node === ">=22.22", 'engines.node must be ">=22.22"');
  expectThat(
    /^\S.{20,}[^.\s]$/.test(manifest.description ?? ""),
    "description must be a sentence without its full stop",
  );
  expectThat(same(manifest.files, shipped(manifest.name)), `files must be ${json(shipped(manifest.name))}`);
  expectThat(publishConfig?.access === "public", 'publishConfig.access must be "public"');
  expectThat(files.includes("README.md"), "README.md is missing");
  expectThat(manifest.scripts?.typecheck === "tsc -p .", 'scripts.typecheck must be "tsc -p ."');
  for (const word of ["mcp", "model-context-protocol", "gateway", ...runtimeKeywords(manifest.name)]) {
    expectThat(manifest.keywords?.includes(word) === true, `keywords must have "${word}"`);
  }

  const sources = [...Object.entries(manifest.exports ?? {}), ...Object.entries(manifest.bin ?? {})];
  for (const [key, path] of sources) {
    expectThat(
      typeof path === "string" && files.includes(path.slice(2)),
      `${key} names no file: ${String(path)}`,
    );
  }
  const published = publishedExports(manifest.exports ?? {});
  expectThat(
    same(publishConfig?.exports ?? manifest.exports, published),
    `publishConfig.exports must be ${json(published)}`,
  );
  // Commands in plain JavaScript, for an old Node to read, are built as CommonJS, which starts faster.
  const bins = Object.entries(manifest.bin ?? {}).map(([name, path]) => {
    return [name, distFile(path, ".js").replace(/\.mjs$/, ".cjs")];
  });
  expectThat(
    same(publishConfig?.bin ?? {}, Object.fromEntries(bins)),
    `publishConfig.bin must be ${json(Object.fromEntries(bins))}`,
  );
  expectThat(
    manifest.scripts?.build?.startsWith(buildScript(manifest)) === true,
    `scripts.build must start with "${buildScript(manifest)}"`,
  );
  wrong.push(...checkVersions(manifest));
  return wrong;
}

/** In the workspace an export is a source file; what is published is the same file, built. */
function publishedExports(sources: Exports): Exports {
  const entries = Object.entries(sources).map(([key, path]) => {
    if (typeof path !== "string") return [key, path];
    // The build copies a script that runs by itself.
    if (!path.endsWith(".ts")) return [key, distFile(path, "")];
    return [key, { types: distFile(path, ".d.ts"), default: distFile(path, ".js") }];
  });
  return Object.fromEntries(entries);
}

function distFile(source: string, ending: string): string {
  return source.replace(/^\.\/src\//, "./dist/").replace(/\.ts$/, ending);
}

/** The build must name every entry, or its `dist` file is missing from the package. A program has a build of its own. */
function buildScript(manifest: Manifest): string {
  if (manifest.bin) return "tsdown";
  const sources = Object.values(manifest.exports ?? {}).filter((path) => String(path).endsWith(".ts"));
  const entries = [...sources, ...Object.values(manifest.bin ?? {})].map((path) => String(path).slice(2));
  const named = entries.length === 1 && entries[0] === "src/index.ts" ? [] : entries;
  return ["tsdown --config ../../tsdown.config.ts", ...named].join(" ");
}

/** Versions stand in the workspace's catalog, once; our own packages come from the workspace. */
function checkVersions(manifest: Manifest): string[] {
  const { dependencies, peerDependencies, optionalDependencies, devDependencies } = manifest;
  const all = [dependencies, peerDependencies, optionalDependencies, devDependencies];
  return all.flatMap((group) =>
    Object.entries(group ?? {})
      .filter(([name, version]) => !version.startsWith(name.startsWith("@omg/") ? "workspace:" : "catalog:"))
      .map(([name, version]) => `${manifest.name}: the version of ${name} must not be ${version}`),
  );
}

/** What a scaffold writes is no part of its build. */
function shipped(name: string): string[] {
  return name.startsWith("create-") ? ["dist", "template"] : ["dist"];
}

/** How a search finds runtimes. */
function runtimeKeywords(name: string): string[] {
  return name.startsWith("@omg/runtime-") && name !== "@omg/runtime-testkit" ? ["omg-runtime"] : [];
}

function same(one: unknown, other: unknown): boolean {
  return json(one) === json(other);
}

function json(value: unknown): string {
  return JSON.stringify(value);
}

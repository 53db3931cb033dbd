import { copyFile, glob, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { installTarballs } from "./packages/install.ts";
import { buildPackages, packPackage, publishablePackages, repositoryRoot } from "./packages/pack.ts";
import { run } from "./packages/run.ts";

// Builds the gateway's container image from this clone, as a release would be installed.
// `npm run image -- [--tag NAME] [--base IMAGE] [-- flags of docker build]`
const packages = [
  "@omg/core",
  "@omg/gateway",
  "@omg/runtime-docker",
  "@omg/runtime-k8s",
  "@omg/upstream-http",
];
/** What packages bring for people and compilers. */
const unneeded = "node_modules/**/*.{map,d.ts,d.mts,d.cts}";

const { values, positionals } = parseArgs({
  options: { tag: { type: "string", default: "open-mcp-gateway" }, base: { type: "string" } },
  allowPositionals: true,
});
// Whoever the container runs as must be able to read all of it.
process.umask(0o022);
const folder = await mkdtemp(join(tmpdir(), "omg-image-"));
try {
  await fill(folder);
  const base = values.base === undefined ? [] : ["--build-arg", `BASE=${values.base}`];
  const build = ["build", "--quiet", "--tag", values.tag, ...base, ...positionals, folder];
  await run("docker", build, { cwd: repositoryRoot });
  process.stdout.write(`built ${values.tag}\n`);
} finally {
  await rm(folder, { recursive: true, force: true });
}

/** Makes a folder what the image is built from. */
async function fill(folder: string): Promise<void> {
  await buildPackages();
  const tarballs: Record<string, string> = {};
  for (const item of publishablePackages()) {
    if (packages.includes(item.name)) tarballs[item.name] = await packPackage(item, folder);
  }
  const flags = ["--omit=dev", "--omit=optional", "--ignore-scripts", "--prefer-offline"];
  await installTarballs({ directory: folder, tarballs, flags });
  for await (const file of glob(unneeded, { cwd: folder })) await rm(join(folder, file));
  for (const file of ["Dockerfile", "init.sh", "health.mjs"]) {
    await copyFile(join(repositoryRoot, "deploy/image", file), join(folder, file));
  }
}

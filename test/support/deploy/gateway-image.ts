import { type ChildProcess, spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { once } from "node:events";
import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { run } from "../../../scripts/packages/run.ts";
import { repositoryRoot } from "../workspace.ts";

/** The gateway of this clone as an image. */
export const gatewayImage = "omg-test/gateway:1";
/** What stands in for the base that can be pulled. */
export const baseImage = "omg-test/node:1";

/** What the image is made of. */
const sources = [
  "{packages,apps}/*/{package.json,tsdown.config.ts,src/**/*}",
  "deploy/image/*",
  "scripts/{build-image.ts,packages/*}",
  "pnpm-lock.yaml",
];
const label = "omg-test.gateway";
const env = { DOCKER_BUILDKIT: "0" };

/** Builds the image, unless there is one of the same sources. Takes half a minute. */
export async function buildGatewayImage(): Promise<void> {
  const lock = await lockFile(join(repositoryRoot, "deploy/image/Dockerfile"));
  try {
    const inputs = `${digestOfSources()} ${await imageFact("{{.Id}}", baseImage)}`;
    const format = `{{index .Config.Labels "${label}"}} {{.Id}}`;
    const there = await imageFact(format, gatewayImage).catch(() => undefined);
    if (there?.startsWith(inputs)) return;
    const flags = ["--tag", gatewayImage, "--base", baseImage, "--", "--label", `${label}=${inputs}`];
    await run(process.execPath, ["scripts/build-image.ts", ...flags], { cwd: repositoryRoot, env });
    if (there !== undefined) await removeImage(there.split(" ").at(-1) ?? "");
  } finally {
    lock.stdin?.end();
  }
}

/** What `docker image inspect` says of an image. */
export async function imageFact(format: string, image: string): Promise<string> {
  const args = ["image", "inspect", "--format", format, image];
  return (await run("docker", args, { cwd: repositoryRoot, timeoutMs: 30_000 })).trim();
}

/** What has lost its name is of no use, but something may still run it. */
async function removeImage(id: string): Promise<void> {
  await run("docker", ["image", "rm", id], { cwd: repositoryRoot, timeoutMs: 30_000 }).catch(() => {});
}

function digestOfSources(): string {
  const hash = createHash("sha256");
  for (const path of globSync(sources, { cwd: repositoryRoot, withFileTypes: true })) {
    if (!path.isFile()) continue;
    const file = join(path.parentPath, path.name);
    hash.update(`${file}\0`).update(readFileSync(file)).update("\0");
  }
  return hash.digest("hex").slice(0, 16);
}

/** Files of tests run side by side, and one of them builds. The lock ends with its program, and that with its input. */
async function lockFile(path: string): Promise<ChildProcess> {
  const holder = spawn("flock", [path, "sh", "-c", "echo locked; cat"], {
    stdio: ["pipe", "pipe", "inherit"],
  });
  await once(holder.stdout, "data");
  return holder;
}

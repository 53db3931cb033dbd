import { copyFile } from "node:fs/promises";
import { join } from "node:path";
import { installConsumer } from "./consumer.ts";
import { runExample } from "./example.ts";
import type { Tarball } from "./inspect.ts";
import { repositoryRoot } from "./pack.ts";
import { run } from "./run.ts";

const packages = ["@omg/core", "@omg/runtime-docker", "@omg/transport-http", "@omg/upstream-http"];
const image = "omg-test/everything:1";

/** Why containers can not be run here. Undefined: they can. */
export async function missingEngine(): Promise<string | undefined> {
  try {
    await run("docker", ["image", "inspect", image], { cwd: repositoryRoot, timeoutMs: 10_000 });
    return undefined;
  } catch (error) {
    return `docker image inspect ${image}: ${(error as Error).message.split("\n").at(-1)}`;
  }
}

/** examples/custom-build in an empty folder, from tarballs: it serves a server in a container, and leaves none. */
export async function checkCustomBuild(folder: string, tarballs: readonly Tarball[]): Promise<void> {
  const before = await containers();
  const wanted = tarballs.filter(({ manifest }) => packages.includes(manifest.name));
  const { directory } = await installConsumer(join(folder, "custom-build"), wanted);
  await copyFile(join(repositoryRoot, "examples/custom-build/gateway.js"), join(directory, "gateway.js"));
  await runExample({ directory, file: "gateway.js", env: { IMAGE: image } });
  const left = (await containers()).filter((id) => !before.includes(id));
  if (left.length > 0) throw new Error(`it left the containers ${left.join(", ")}`);
}

async function containers(): Promise<string[]> {
  const printed = await run("docker", ["ps", "--all", "--quiet", "--filter", "label=io.omg.owner"], {
    cwd: repositoryRoot,
  });
  return printed.split("\n").filter((id) => id !== "");
}

import { copyFile } from "node:fs/promises";
import { join } from "node:path";
import { serverImage } from "../engines.ts";
import { repositoryRoot } from "../pack.ts";
import { run } from "../run.ts";
import type { Tarball } from "../tarballs/inspect.ts";
import { installConsumer } from "./consumer.ts";
import { runExample } from "./example.ts";

const packages = ["@omg/core", "@omg/runtime-docker", "@omg/transport-http", "@omg/upstream-http"];

/** examples/custom-build in an empty folder, from tarballs: it serves a server in a container, and leaves none. */
export async function checkCustomBuild(folder: string, tarballs: readonly Tarball[]): Promise<void> {
  const before = await containers();
  const wanted = tarballs.filter(({ manifest }) => packages.includes(manifest.name));
  const { directory } = await installConsumer(join(folder, "custom-build"), wanted);
  await copyFile(join(repositoryRoot, "examples/custom-build/gateway.js"), join(directory, "gateway.js"));
  await runExample({ directory, file: "gateway.js", env: { IMAGE: serverImage } });
  const left = (await containers()).filter((id) => !before.includes(id));
  if (left.length > 0) throw new Error(`it left the containers ${left.join(", ")}`);
}

async function containers(): Promise<string[]> {
  const printed = await run("docker", ["ps", "--all", "--quiet", "--filter", "label=io.omg.owner"], {
    cwd: repositoryRoot,
  });
  return printed.split("\n").filter((id) => id !== "");
}

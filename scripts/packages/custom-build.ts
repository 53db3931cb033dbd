import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { copyFile } from "node:fs/promises";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { installConsumer } from "./consumer.ts";
import type { Tarball } from "./inspect.ts";
import { repositoryRoot } from "./pack.ts";
import { run } from "./run.ts";

const packages = ["@omg/core", "@omg/runtime-docker", "@omg/transport-http", "@omg/upstream-http"];
const image = "omg-test/everything:1";
const longestMs = 60_000;

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
  const gateway = spawn(process.execPath, ["gateway.js"], {
    cwd: directory,
    env: { ...process.env, IMAGE: image, PORT: "0" },
    stdio: ["ignore", "pipe", "inherit"],
  });
  const deadline = setTimeout(() => gateway.kill("SIGKILL"), longestMs);
  try {
    const url = await firstLine(gateway);
    const answer = await fetch(url, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({
        jsonrpc: "2.0",
        id: 1,
        method: "tools/call",
        server_id: "everything",
        params: { name: "echo", arguments: { message: "hi" } },
      }),
    });
    const text = await answer.text();
    if (!text.includes("Echo: hi")) throw new Error(`it answers ${text}`);
    gateway.kill("SIGINT");
    const [code, signal] = await once(gateway, "exit");
    if (code !== 0) throw new Error(`it ended with ${code ?? signal}`);
  } finally {
    clearTimeout(deadline);
    gateway.kill("SIGKILL");
  }
  const left = (await containers()).filter((id) => !before.includes(id));
  if (left.length > 0) throw new Error(`it left the containers ${left.join(", ")}`);
}

async function firstLine({ stdout }: ChildProcess): Promise<string> {
  if (!stdout) throw new Error("it has no output");
  for await (const line of createInterface(stdout)) return line;
  throw new Error("it ended before it listened");
}

async function containers(): Promise<string[]> {
  const printed = await run("docker", ["ps", "--all", "--quiet", "--filter", "label=io.omg.owner"], {
    cwd: repositoryRoot,
  });
  return printed.split("\n").filter((id) => id !== "");
}

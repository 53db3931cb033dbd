import { cp, glob, mkdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import type { Checks } from "../checks.ts";
import { runExample } from "../consumer/example.ts";
import { checkWith, serverImage } from "../engines.ts";
import { repositoryRoot } from "../pack.ts";
import { run } from "../run.ts";
import type { Registry } from "./registry.ts";

/** Follows the READMEs of examples in empty folders: the commands that install, then the program, which serves a tool. */
export async function checkExamples(checks: Checks, registry: Registry, folder: string): Promise<void> {
  await checkWith(checks, "docker", "examples/custom-build works as its README says", async () => {
    const directory = await follow("custom-build", folder, registry);
    await runExample({ directory, file: "gateway.js", env: { IMAGE: serverImage } });
  });
  await checks.check("examples/embedded works as its README says", async () => {
    const directory = await follow("embedded", folder, registry);
    await runExample({ directory, file: "hono.js" });
    await run("npm", ["install", "express"], { cwd: directory, env: registry.env });
    await runExample({ directory, file: "express.js" });
  });
}

/** Gives the folder, in which everything is as the README wants it before the program is started. */
async function follow(example: string, folder: string, { env }: Registry): Promise<string> {
  const source = join(repositoryRoot, "examples", example);
  const directory = join(folder, example);
  await mkdir(directory, { recursive: true });
  const readme = await readFile(join(source, "README.md"), "utf8");
  const commands = [...readme.matchAll(/^```sh\n([\s\S]*?)^```$/gm)].flatMap(([, block = ""]) =>
    block.split("\n").filter((line) => line.startsWith("npm ")),
  );
  if (commands.length === 0) throw new Error("its README does not say how to install it");
  for (const command of commands) await run("sh", ["-c", command], { cwd: directory, env });
  for await (const file of glob("*.js", { cwd: source })) await cp(join(source, file), join(directory, file));
  return directory;
}

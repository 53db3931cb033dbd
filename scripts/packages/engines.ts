import { access } from "node:fs/promises";
import type { Checks } from "./checks.ts";
import { repositoryRoot } from "./pack.ts";
import { run } from "./run.ts";

export type Engine = "docker" | "k8s";

/** An MCP server that the engines of the tests have, in the place of `mcp/everything`. */
export const serverImage = "omg-test/everything:1";
/** Of the cluster that test/engines starts. Nothing is made in a cluster of somebody's own. */
export const kubeconfig = "/run/omg-engines/k8s/admin.kubeconfig";

/** Makes a check that needs an engine, or skips it with the reason where there is none and none is required. */
export async function checkWith(
  checks: Checks,
  engine: Engine | undefined,
  name: string,
  body: () => Promise<void>,
): Promise<void> {
  const missing = engine && (await whatIsMissing(engine));
  const isRequired = process.env.OMG_REQUIRED_ENGINES?.split(",").includes(engine ?? "") === true;
  if (missing !== undefined && !isRequired) checks.skip(name, missing);
  else await checks.check(name, body);
}

async function whatIsMissing(engine: Engine): Promise<string | undefined> {
  try {
    if (engine === "k8s") await access(kubeconfig);
    else await run("docker", ["image", "inspect", serverImage], { cwd: repositoryRoot, timeoutMs: 10_000 });
    return undefined;
  } catch (error) {
    return (error as Error).message.split("\n").at(-1);
  }
}

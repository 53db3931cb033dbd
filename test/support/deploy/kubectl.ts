import { existsSync } from "node:fs";
import { run } from "../../../scripts/packages/run.ts";
import { repositoryRoot } from "../workspace.ts";

/** A kubectl: the program, and what comes before its own arguments. */
export type Kubectl = readonly [string, ...string[]];

const hyperkube = "/var/lib/omg-engines/hyperkube";

/** That of the cluster that scripts of test/engines start, and that of people, each where it is there. */
export const kubectls: readonly Kubectl[] = [
  ...(existsSync(hyperkube) ? [[hyperkube, "kubectl"] as const] : []),
  ...((await isThere(["kubectl"])) ? [["kubectl"] as const] : []),
];

/** What a kubectl prints. */
export function kubectl([program, ...first]: Kubectl, ...args: readonly string[]): Promise<string> {
  return run(program, [...first, ...args], { cwd: repositoryRoot, timeoutMs: 60_000 });
}

function isThere(command: Kubectl): Promise<boolean> {
  return kubectl(command, "version", "--client").then(
    () => true,
    () => false,
  );
}

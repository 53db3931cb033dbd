import { once } from "node:events";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { RunningGateway, Sandbox } from "./omg.ts";

/** The owners that gateways of a sandbox have recorded. */
export function ownersOf(sandbox: Sandbox): string[] {
  const folder = join(sandbox.folder, "state/omg/owners");
  return readdirSync(folder).map(
    (name) => (JSON.parse(readFileSync(join(folder, name), "utf8")) as { owner: string }).owner,
  );
}

/** Ends a gateway as nobody can prevent, and resolves when it is gone. */
export async function kill(gateway: RunningGateway): Promise<void> {
  const gone = once(gateway.process, "exit");
  gateway.process.kill("SIGKILL");
  await gone;
}

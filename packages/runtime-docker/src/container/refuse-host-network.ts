import { OmgError } from "@omg/core/runtime";
import type { Engine } from "../engine/engine.ts";

/** Every engine knows these words, and takes them for nothing else. */
const words = ["bridge", "none"];

export interface NetworkParts {
  readonly server: string;
  readonly network: string;
  readonly engine: Engine;
  readonly signal: AbortSignal;
}

/**
 * Rejects with an `OmgError` if the network of an entry is the machine's own. Engines take ids of networks, and the beginnings
 * of ids, for names: only they know what is behind one.
 */
export async function refuseHostNetwork({ server, network, engine, signal }: NetworkParts): Promise<void> {
  if (words.includes(network)) return;
  if ((await engine.networkDriver(network, signal)) !== "host") return;
  throw new OmgError("upstream_start_failed", {
    server,
    detail: "network_refused",
    message:
      `Server '${server}' did not start: the network ${JSON.stringify(network)} is that of the engine's machine: ` +
      `the server would reach all that it reaches. Correct "network".`,
  });
}

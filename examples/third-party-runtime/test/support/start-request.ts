import { randomUUID } from "node:crypto";
import type { StartRequest } from "@omg/core/runtime";
import { scriptedServer } from "@omg/runtime-testkit";
import { type SshOptions, sshOptions } from "../../src/options.ts";
import type { Sshd } from "./sshd.ts";

/** A request as the gateway makes it, for options as they stand in a catalog. */
export function startRequest(
  options: unknown,
  changes: Partial<StartRequest<SshOptions>> = {},
): StartRequest<SshOptions> {
  return {
    server: "tested",
    instanceId: `instance-${randomUUID()}`,
    owner: `owner-${randomUUID()}`,
    options: sshOptions.parse(options),
    env: {},
    signal: new AbortController().signal,
    baseDirectory: import.meta.dirname,
    log: () => {},
    progress: () => {},
    store: { get: async () => undefined, set: async () => {}, delete: async () => {} },
    ...changes,
  };
}

/** Options that run the kit's scripted server there. */
export function scripted(place: Sshd["place"], ...args: readonly string[]): object {
  const { file } = scriptedServer();
  return { ...place, command: process.execPath, args: [file, ...args] };
}

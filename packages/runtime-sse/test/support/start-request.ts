import type { InstanceV1, RuntimeV1, StartRequest, StateStore } from "@omg/core/runtime";
import remoteRuntime, { type RemoteOptions } from "../../src/index.ts";

/** A request as core makes it, for a server of this machine. */
export async function startRequest(
  options: { readonly url: string } & Partial<RemoteOptions>,
  changes: Partial<StartRequest<RemoteOptions>> = {},
): Promise<StartRequest<RemoteOptions>> {
  const checked = await theRuntime().options["~standard"].validate({
    allow_private_network: true,
    ...options,
  });
  if (checked.issues) throw new Error(checked.issues.map(({ message }) => message).join());
  return {
    server: "tested",
    instanceId: crypto.randomUUID(),
    owner: crypto.randomUUID(),
    options: checked.value,
    env: {},
    signal: new AbortController().signal,
    baseDirectory: import.meta.dirname,
    log: () => {},
    progress: () => {},
    store: memoryStore(),
    ...changes,
  };
}

export async function startRemote(
  options: Parameters<typeof startRequest>[0],
  changes?: Parameters<typeof startRequest>[1],
): Promise<InstanceV1> {
  return theRuntime().start(await startRequest(options, changes));
}

export function memoryStore(): StateStore & { readonly values: Map<string, string> } {
  const values = new Map<string, string>();
  return {
    values,
    get: async (key) => values.get(key),
    set: async (key, value) => void values.set(key, value),
    delete: async (key) => void values.delete(key),
  };
}

function theRuntime(): RuntimeV1<RemoteOptions> {
  const [runtime] = remoteRuntime();
  if (!runtime) throw new Error("no runtime");
  return runtime;
}

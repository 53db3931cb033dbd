import { randomUUID } from "node:crypto";
import type { RuntimeV1, StartRequest } from "@omg/core/runtime";
import type { DockerOptions } from "../../src/options.ts";

/** A request as core makes it. */
export async function startRequest(
  runtime: RuntimeV1<DockerOptions>,
  options: object,
  changes: Partial<StartRequest<DockerOptions>> = {},
): Promise<StartRequest<DockerOptions>> {
  const checked = await runtime.options["~standard"].validate(options);
  if (checked.issues) throw new Error(checked.issues.map(({ message }) => message).join());
  return {
    server: "tested",
    instanceId: randomUUID(),
    owner: `test-${randomUUID()}`,
    options: checked.value,
    env: {},
    signal: new AbortController().signal,
    baseDirectory: import.meta.dirname,
    log: () => {},
    progress: () => {},
    store: { get: async () => undefined, set: async () => {}, delete: async () => {} },
    ...changes,
  };
}

import { randomUUID } from "node:crypto";
import type { RuntimeV1, StartRequest } from "@omg/core/runtime";
import * as v from "valibot";
import { type JobOptions, jobOptions } from "../../src/job/job-options.ts";

/** A request as core makes it. */
export async function startRequest<Options>(
  runtime: RuntimeV1<Options>,
  options: object,
  changes: Partial<StartRequest<Options>> = {},
): Promise<StartRequest<Options>> {
  const checked = await runtime.options["~standard"].validate(options);
  if (checked.issues) throw new Error(checked.issues.map(({ message }) => message).join());
  return requestOf(checked.value, changes);
}

/** The same for a Job, where there is no runtime. */
export function jobRequest(
  options: object,
  changes: Partial<StartRequest<JobOptions>> = {},
): StartRequest<JobOptions> {
  return requestOf(v.parse(jobOptions, options), changes);
}

function requestOf<Options>(
  options: Options,
  changes: Partial<StartRequest<Options>>,
): StartRequest<Options> {
  return {
    server: "tested",
    instanceId: randomUUID(),
    owner: `test-${randomUUID()}`,
    options,
    env: {},
    signal: new AbortController().signal,
    baseDirectory: import.meta.dirname,
    log: () => {},
    progress: () => {},
    store: { get: async () => undefined, set: async () => {}, delete: async () => {} },
    ...changes,
  };
}

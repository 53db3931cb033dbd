import { randomUUID } from "node:crypto";
import type { RuntimeV1, StartRequest, StateStore } from "@omg/core/runtime";
import type { DockerOptions } from "../../src/options.ts";

/** A request as core makes it, and what came of it. */
export interface TestRequest extends StartRequest<DockerOptions> {
  readonly lines: string[];
  readonly news: string[];
}

/** Two requests with the same `options` object are for the same entry. */
export async function requestFor(
  runtime: RuntimeV1<DockerOptions>,
  entry: object,
  changes: Partial<StartRequest<DockerOptions>> = {},
): Promise<TestRequest> {
  const checked = await runtime.options["~standard"].validate({ network: "none", command: "cat", ...entry });
  if (checked.issues) throw new Error(checked.issues.map(({ message }) => message).join());
  const lines: string[] = [];
  const news: string[] = [];
  return {
    server: "tested",
    instanceId: randomUUID(),
    owner: randomUUID(),
    options: checked.value,
    env: {},
    signal: new AbortController().signal,
    baseDirectory: import.meta.dirname,
    log: (line) => void lines.push(line),
    progress: (message) => void news.push(message),
    store: memoryStore(),
    lines,
    news,
    ...changes,
  };
}

export function memoryStore(): StateStore {
  const values = new Map<string, string>();
  return {
    get: async (key) => values.get(key),
    set: async (key, value) => void values.set(key, value),
    delete: async (key) => void values.delete(key),
  };
}

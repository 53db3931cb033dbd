import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { setTimeout as delay } from "node:timers/promises";
import type { InstanceV1, RuntimeV1, StartRequest, StateStore } from "@omg/core/runtime";
import { connectRaw, type RawClient } from "./client.ts";
import { scriptedServer } from "./scripted-server.ts";
import type { RuntimeSubject } from "./subject.ts";

/** One test's workplace: a runtime, an owner of its own, and what was started with them. */
export interface Bench extends AsyncDisposable {
  readonly runtime: RuntimeV1;
  readonly owner: string;
  /** Lines that the runtime has passed to `log`. */
  readonly logged: readonly string[];
  /** The request that would start these options. */
  request(options: unknown, changes?: Partial<StartRequest<unknown>>): Promise<StartRequest<unknown>>;
  /** Starts the scripted server with these arguments. */
  start(args?: readonly string[], changes?: Partial<StartRequest<unknown>>): Promise<InstanceV1>;
  /** Starts it, connects to it and shakes hands. */
  connect(
    args?: readonly string[],
    changes?: Partial<StartRequest<unknown>>,
  ): Promise<{ readonly instance: InstanceV1; readonly client: RawClient }>;
  /** Fails unless this owner, or the one given, soon has nothing left. */
  assertNothingLeft(owner?: string): Promise<void>;
}

export function openBench(subject: RuntimeSubject): Bench {
  const runtime = subject.createRuntime();
  const owner = `kit-${randomUUID()}`;
  const owners = new Set([owner]);
  const logged: string[] = [];
  const instances: InstanceV1[] = [];
  const stopMs = subject.stopMs ?? 6_500;
  let count = 0;

  const bench: Bench = {
    runtime,
    owner,
    logged,
    async request(options, changes = {}) {
      owners.add(changes.owner ?? owner);
      return {
        server: "scripted",
        instanceId: `${owner}-${++count}`,
        owner,
        options: await accept(runtime, options),
        env: { ...subject.env },
        signal: new AbortController().signal,
        baseDirectory: subject.baseDirectory ?? process.cwd(),
        log: (line) => void logged.push(line),
        progress: () => {},
        store: memoryStore(),
        ...changes,
      };
    },
    async start(args = [], changes) {
      const request = await bench.request(await subject.server(scriptedServer(...args)), changes);
      await runtime.prepare?.(request);
      const instance = await soon(runtime.start(request), "start", subject.startMs ?? 10_000);
      instances.push(instance);
      return instance;
    },
    async connect(args, changes) {
      const instance = await bench.start(args, changes);
      const client = await connectRaw(instance.transport);
      await soon(client.initialize(), "initialize");
      return { instance, client };
    },
    async assertNothingLeft(whose = owner) {
      let left: readonly string[] = [];
      const gone = await eventually(async () => {
        left = await subject.leftovers(whose);
        return left.length === 0;
      }, stopMs);
      assert.ok(gone, `left behind: ${left.join(", ")}`);
    },
    async [Symbol.asyncDispose]() {
      const stops = instances.map((instance) => instance[Symbol.asyncDispose]());
      await soon(Promise.all(stops), "the stop of all instances", stopMs);
      await runtime[Symbol.asyncDispose]?.();
      for (const one of owners) await bench.assertNothingLeft(one);
    },
  };
  return bench;
}

/** The promise's value, or a failure that says what did not happen in time. */
export async function soon<T>(promise: PromiseLike<T>, what: string, ms = 10_000): Promise<T> {
  const deadline = new AbortController();
  const late = delay(ms, undefined, { signal: deadline.signal }).then(
    () => assert.fail(`"${what}" did not happen within ${ms} ms`),
    () => promise,
  );
  try {
    return await Promise.race([promise, late]);
  } finally {
    deadline.abort();
  }
}

/** Whether the condition comes true in time. */
export async function eventually(condition: () => Promise<boolean> | boolean, ms: number): Promise<boolean> {
  const end = performance.now() + ms;
  while (!(await condition())) {
    if (performance.now() > end) return false;
    await delay(20);
  }
  return true;
}

async function accept(runtime: RuntimeV1, options: unknown): Promise<unknown> {
  const result = await runtime.options["~standard"].validate(options);
  if (result.issues)
    assert.fail(`options refused: ${result.issues.map((issue) => issue.message).join("; ")}`);
  return result.value;
}

function memoryStore(): StateStore {
  const values = new Map<string, string>();
  return {
    get: async (key) => values.get(key),
    set: async (key, value) => void values.set(key, value),
    delete: async (key) => void values.delete(key),
  };
}

import { fileURLToPath } from "node:url";
import type { InstanceV1 } from "@omg/core/runtime";
import { connectRaw, type RawClient } from "@omg/runtime-testkit";
import dockerRuntime from "../../src/index.ts";
import { startRequest } from "./start-request.ts";

const file = fileURLToPath(new URL("./probe-server.mjs", import.meta.url));

/** The entry of a probe, with what it says besides. */
export function probeEntry(more: object = {}): object {
  const volumes = "volumes" in more ? (more.volumes as string[]) : [];
  return {
    image: "omg-test/node:1",
    command: "node",
    args: ["/probe-server.mjs"],
    pull: "never",
    network: "none",
    stop_timeout: 0,
    ...more,
    volumes: [`${file}:/probe-server.mjs:ro`, ...volumes],
  };
}

/** A server in a container that tries what it should not be able to. */
export class Probe implements AsyncDisposable {
  readonly instance: InstanceV1;
  readonly #runtime: AsyncDisposable;
  readonly #client: RawClient;

  private constructor(runtime: AsyncDisposable, instance: InstanceV1, client: RawClient) {
    this.#runtime = runtime;
    this.instance = instance;
    this.#client = client;
  }

  static async start(more: object = {}): Promise<Probe> {
    const runtime = dockerRuntime({ hostEnv: process.env });
    const instance = await runtime.start(await startRequest(runtime, probeEntry(more)));
    const client = await connectRaw(instance.transport);
    await client.initialize();
    return new Probe(runtime, instance, client);
  }

  /** Has it try something; gives what it tells of that. */
  async try<T = unknown>(what: string, args: Record<string, unknown> = {}): Promise<T> {
    return JSON.parse(await this.#client.call(what, args)) as T;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.instance[Symbol.asyncDispose]();
    await this.#runtime[Symbol.asyncDispose]();
  }
}

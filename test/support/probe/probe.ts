import { readdirSync } from "node:fs";
import { connect } from "node:net";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { fileURLToPath } from "node:url";
import { childrenOf, residentBytesOf } from "../../../apps/gateway/test/support/processes.ts";

const inside = fileURLToPath(new URL("./inside.mjs", import.meta.url));

/** What a gateway holds at one moment, after a collection of garbage. */
export interface Holdings {
  /** Of V8's heap and what hangs on it. */
  readonly heapBytes: number;
  readonly residentBytes: number;
  readonly descriptors: number;
  /** What keeps Node's loop busy: sockets, timers, pipes, watchers. */
  readonly handles: number;
  /** Processes that it has started and that run. */
  readonly children: number;
}

/** Looks into a running gateway. */
export class Probe {
  readonly #socket: string;

  /** `folder`: where its socket may be. */
  constructor(folder: string) {
    this.#socket = join(folder, "probe.sock");
  }

  /** What the environment of the gateway needs. */
  get env(): NodeJS.ProcessEnv {
    return { NODE_OPTIONS: `--import ${inside}`, OMG_TEST_PROBE: this.#socket };
  }

  async look(pid: number): Promise<Holdings> {
    const { heapBytes, resources } = JSON.parse(await text(connect(this.#socket))) as {
      heapBytes: number;
      resources: string[];
    };
    return {
      heapBytes,
      residentBytes: residentBytesOf(pid),
      descriptors: readdirSync(`/proc/${pid}/fd`).length,
      handles: resources.length,
      children: childrenOf(pid).length,
    };
  }
}

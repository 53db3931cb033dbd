import type { InstanceV1, RuntimeV1 } from "@omg/core/runtime";
import type { ServerId } from "./cast.ts";

/** A runtime, and the processes that it has running. */
export interface WatchedProcesses {
  readonly runtime: RuntimeV1;
  readonly running: number;
  /** How many it has started. */
  readonly started: number;
  /**
   * Kills one of a server's processes, by a number from 0 to below 1. Undefined if there is none, else resolves when
   * nothing is left of it.
   */
  kill(server: ServerId, pick: number): Promise<void> | undefined;
}

/** Watches what a runtime starts; the ids of its instances are pids. */
export function watchProcesses(runtime: RuntimeV1): WatchedProcesses {
  const running = new Map<InstanceV1, string>();
  let started = 0;
  return {
    runtime: {
      ...runtime,
      async start(request) {
        const instance = await runtime.start(request);
        started++;
        running.set(instance, request.server);
        void instance.exited.then(() => running.delete(instance));
        return instance;
      },
    },
    get running() {
      return running.size;
    },
    get started() {
      return started;
    },
    kill(server, pick) {
      const instances = [...running].flatMap(([instance, of]) => (of === server ? [instance] : []));
      const instance = instances[Math.floor(pick * instances.length)];
      if (!instance || !signal(Number(instance.id))) return undefined;
      return instance.exited.then(() => instance[Symbol.asyncDispose]());
    },
  };
}

/** Returns whether the process was there. */
function signal(pid: number): boolean {
  try {
    return process.kill(pid, "SIGKILL");
  } catch {
    return false;
  }
}

import type { InstanceV1, RuntimeFactoryOptions, RuntimeV1 } from "@omg/core/runtime";
import { createJanitor } from "./janitor.ts";
import { launch } from "./launch.ts";
import { markedProcesses, ownerMarker } from "./marked-processes.ts";
import { type LocalOptions, localOptions } from "./options.ts";
import { processInstance, type StopTimes } from "./process-instance.ts";

/** What the factory takes. All of it is optional. */
export interface LocalRuntimeOptions extends RuntimeFactoryOptions {
  /** How long each step of a stop may take. */
  readonly stop?: Partial<StopTimes> | undefined;
}

const inherits = ["HOME", "LOGNAME", "PATH", "SHELL", "TERM", "USER", "LANG", "TZ", "TMPDIR"];

/**
 * Runs servers as child processes (`local-process`). Each one gets its own process group; a stop, a crash of the
 * server and a kill of the gateway all end every process that the server started.
 */
export function localRuntime(options: LocalRuntimeOptions = {}): RuntimeV1<LocalOptions> & AsyncDisposable {
  const times: StopTimes = { inputEndMs: 2000, terminateMs: 3000, killMs: 1000, ...options.stop };
  const janitor = createJanitor();
  const processes = markedProcesses();
  const running = new Set<InstanceV1>();

  return {
    specVersion: "v1",
    name: "local-process",
    options: localOptions,
    inherits,

    async start(request) {
      const child = await launch(request, janitor);
      const instance = processInstance({ ...child, request, times, janitor, processes });
      running.add(instance);
      void instance.exited.then(() => instance[Symbol.asyncDispose]()).then(() => running.delete(instance));
      return instance;
    },

    async sweep({ owner, signal }) {
      await processes.kill(ownerMarker(owner), signal);
    },

    async [Symbol.asyncDispose]() {
      await Promise.all([...running].map((instance) => instance[Symbol.asyncDispose]()));
      await janitor.stop();
    },
  };
}

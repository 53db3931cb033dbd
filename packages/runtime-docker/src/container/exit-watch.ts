import { within } from "@omg/core/runtime";
import type { Engine } from "../engine/engine.ts";
import { EngineFailure } from "../engine/engine-failure.ts";

/** How a container came to its end. */
export interface Ended {
  /** `lost`: it may even run on, but nobody here can use it. */
  readonly reason: "exited" | "lost";
  readonly detail: string;
}

export interface ExitWatch {
  readonly ended: Promise<Ended>;
  /** Nobody waits for its end any more: it counts as lost, if it has not ended. */
  giveUp(why: string): void;
}

/** An engine reports why a container was killed just before, or just after, that it was. */
export const lateWordMs = 300;
const askAgainMs = 500;
/** An engine that is silent for so long is away. */
const silenceMs = 1_500;
const SIGKILLED = 137;

/**
 * Learns how a container ends. To be called before its start: a container that has ended is removed at once, and then nothing
 * is left to ask. Rejects with an `EngineFailure`.
 */
export async function watchExit(
  engine: Engine,
  id: string,
  { memory, log }: { readonly memory: string; readonly log: (line: string) => void },
): Promise<ExitWatch> {
  const { promise: ended, resolve } = Promise.withResolvers<Ended>();
  const { promise: ranOutOfMemory, resolve: runOutOfMemory } = Promise.withResolvers<void>();
  const closing = new AbortController();
  const settle = (end: Ended) => {
    closing.abort();
    engine.events.unwatch(id);
    resolve(end);
  };
  const exited = async (code: number | undefined) => {
    if (code === undefined) {
      // Its end is told before its removal, but perhaps over another connection.
      await within(lateWordMs, ended);
      return settle({ reason: "exited", detail: "its container was removed" });
    }
    const isOutOfMemory = await within(code === SIGKILLED ? lateWordMs : 0, ranOutOfMemory);
    settle({ reason: "exited", detail: exitDetail(code, isOutOfMemory) });
  };

  await engine.events.watch(id, ({ action, exitCode }) => {
    if (action === "oom") noteOutOfMemory();
    else if (action === "die") void exited(exitCode);
    else if (action === "destroy") void exited(undefined);
    else if (action === "pause") settle({ reason: "lost", detail: "its container was paused" });
  });
  void wait();
  return { ended, giveUp: (why) => settle({ reason: "lost", detail: why }) };

  /** The server may live on without a process that it had started. */
  function noteOutOfMemory(): void {
    runOutOfMemory();
    log(`out of memory (limit ${memory}): a process of the container was killed`);
  }

  function exitDetail(code: number, isOutOfMemory: boolean): string {
    if (!isOutOfMemory) return `exit code ${code}`;
    return code === SIGKILLED
      ? `out of memory (limit ${memory})`
      : `exit code ${code}, having run out of memory (limit ${memory})`;
  }

  /** The engine may drop the connection over which it was asked to say when the container ends. */
  async function wait(): Promise<void> {
    let silentSince: number | undefined;
    while (!closing.signal.aborted) {
      try {
        if (silentSince !== undefined && !(await isThere())) return void exited(undefined);
        silentSince = undefined;
        return void exited(await engine.exitCode(id, closing.signal));
      } catch (error) {
        if (closing.signal.aborted) return;
        if (error instanceof EngineFailure && error.isMissing) return void exited(undefined);
        silentSince ??= performance.now();
        if (performance.now() - silentSince > silenceMs)
          return settle({ reason: "lost", detail: `the engine at ${engine.name} went away` });
        await within(askAgainMs, ended);
      }
    }
  }

  async function isThere(): Promise<boolean> {
    try {
      await engine.inspect(id, closing.signal);
      return true;
    } catch (error) {
      if (error instanceof EngineFailure && error.isMissing) return false;
      throw error;
    }
  }
}

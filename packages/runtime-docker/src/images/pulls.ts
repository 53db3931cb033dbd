import type { Readable } from "node:stream";
import type { Engine } from "../engine/engine.ts";
import { EngineFailure } from "../engine/engine-failure.ts";
import type { HostEnv } from "../engine/find-engine.ts";
import { unless } from "../within.ts";
import { type PullEvent, PullProgress } from "./pull-progress.ts";
import { registryLogin } from "./registry-login.ts";

export interface PullRequest {
  readonly engine: Engine;
  readonly reference: string;
  readonly platform: string | undefined;
  /** The end of the waiting, not of the pull, as long as others wait. */
  readonly signal: AbortSignal;
  readonly progress: (message: string) => void;
}

interface RunningPull {
  readonly done: Promise<void>;
  readonly waiting: Set<(message: string) => void>;
  readonly closing: AbortController;
}

/** Fetches images, each one once for all who wait for it. */
export class Pulls {
  readonly #hostEnv: HostEnv;
  readonly #running = new Map<string, RunningPull>();

  constructor(hostEnv: HostEnv) {
    this.#hostEnv = hostEnv;
  }

  /** Rejects with an `EngineFailure`, or with what the signal was aborted for. */
  async pull(request: PullRequest): Promise<void> {
    const { engine, reference, platform, signal, progress } = request;
    const key = `${engine.name} ${reference} ${platform ?? ""}`;
    let pull = this.#running.get(key);
    if (!pull) {
      pull = this.#begin(request);
      this.#running.set(key, pull);
      const forget = () => void this.#running.delete(key);
      pull.done.then(forget, forget);
    }
    pull.waiting.add(progress);
    try {
      await unless(signal, pull.done);
    } finally {
      pull.waiting.delete(progress);
      if (pull.waiting.size === 0) pull.closing.abort(signal.reason);
    }
  }

  #begin({ engine, reference, platform }: PullRequest): RunningPull {
    const waiting = new Set<(message: string) => void>();
    const closing = new AbortController();
    const { signal } = closing;
    const tell = (message: string) => {
      for (const progress of waiting) progress(message);
    };
    const run = async () => {
      const login = await registryLogin(reference, this.#hostEnv);
      const stream = await engine.pull(reference, { platform, login, signal });
      await read(stream, new PullProgress(reference, tell));
    };
    const done = run();
    done.catch(() => {});
    return { done, waiting, closing };
  }
}

/** Reads what the engine tells of a pull, to its end. */
async function read(stream: Readable, progress: PullProgress): Promise<void> {
  let pending = "";
  stream.setEncoding("utf8");
  for await (const text of stream) {
    const lines = (pending + text).split("\n");
    pending = lines.pop() ?? "";
    for (const line of lines) take(line, progress);
  }
  take(pending, progress);
}

function take(line: string, progress: PullProgress): void {
  if (line.trim() === "") return;
  const event = JSON.parse(line) as PullEvent;
  if (event.error !== undefined) throw new EngineFailure("pull", event.error, failed);
  progress.take(event);
}

/** A pull fails within an answer that began well. */
const failed = 500;

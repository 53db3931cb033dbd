import type { Readable } from "node:stream";
import { unless } from "@omg/core/runtime";
import type { AuthConfig } from "dockerode";
import type { Engine } from "../engine/engine.ts";
import { EngineFailure } from "../engine/engine-failure.ts";
import type { HostEnv } from "../engine/find-engine.ts";
import { type PullEvent, PullProgress } from "./pull-progress.ts";
import { type RegistryLogin, registryLogin } from "./registry-login.ts";
import { presentable } from "./registry-words.ts";

export interface PullRequest {
  readonly engine: Engine;
  readonly reference: string;
  readonly platform: string | undefined;
  /** The end of the waiting, not of the pull, as long as others wait. */
  readonly signal: AbortSignal;
  readonly progress: (message: string) => void;
}

/** An image that could not be fetched, with what is known of the login that was used. */
export class PullFailure extends Error {
  readonly failure: EngineFailure;
  readonly login: RegistryLogin;

  constructor(failure: EngineFailure, login: RegistryLogin) {
    super(failure.message);
    this.failure = failure;
    this.login = login;
  }
}

/** There as long as somebody waits for it. */
interface RunningPull {
  readonly done: Promise<void>;
  readonly waiting: Set<Pick<PullRequest, "progress">>;
  readonly progress: PullProgress;
  readonly ending: AbortController;
}

/** Apart from the time that anyone waits: a pull that is stuck must not go on for those who come later. */
const defaultDeadlineMs = 5 * 60_000;

/** Fetches images, each one once for all who wait for it. */
export class Pulls {
  readonly #hostEnv: HostEnv;
  readonly #deadlineMs: number;
  readonly #running = new Map<string, RunningPull>();

  constructor(hostEnv: HostEnv, deadlineMs = defaultDeadlineMs) {
    this.#hostEnv = hostEnv;
    this.#deadlineMs = deadlineMs;
  }

  /** Rejects with a `PullFailure`, or with what the signal was aborted for. */
  async pull(request: PullRequest): Promise<void> {
    const { engine, reference, platform, signal, progress } = request;
    signal.throwIfAborted();
    const key = `${engine.name} ${reference} ${platform ?? ""}`;
    const pull = this.#running.get(key) ?? this.#begin(request);
    this.#running.set(key, pull);
    const waiter = { progress };
    pull.waiting.add(waiter);
    const { latest } = pull.progress;
    if (latest !== undefined) progress(latest);
    try {
      await unless(signal, pull.done);
    } finally {
      pull.waiting.delete(waiter);
      if (pull.waiting.size === 0) {
        // At once: who comes next must not wait for what is being ended.
        this.#running.delete(key);
        pull.ending.abort();
      }
    }
  }

  #begin(request: PullRequest): RunningPull {
    const waiting: RunningPull["waiting"] = new Set();
    const progress = new PullProgress(request.reference, (message) => {
      for (const waiter of waiting) waiter.progress(message);
    });
    const ending = new AbortController();
    const done = this.#run(request, progress, ending);
    done.catch(() => {});
    return { done, waiting, progress, ending };
  }

  async #run(
    { engine, reference, platform }: PullRequest,
    progress: PullProgress,
    ending: AbortController,
  ): Promise<void> {
    const { signal } = ending;
    const deadline = setTimeout(() => ending.abort(tooLate(this.#deadlineMs)), this.#deadlineMs);
    let known: RegistryLogin = {};
    try {
      known = await registryLogin(reference, this.#hostEnv);
      await read(await engine.pull(reference, { platform, login: known.login, signal }), progress);
      progress.complete();
    } catch (error) {
      const failure = EngineFailure.of("pull", signal.aborted ? signal.reason : error);
      throw new PullFailure(withoutSecrets(failure, known.login), known);
    } finally {
      clearTimeout(deadline);
    }
  }
}

/** A pull fails within an answer that began well. */
const failed = 500;
const maxLineCharacters = 1024 * 1024;

/** Reads what the engine tells of a pull, to its end. */
async function read(stream: Readable, progress: PullProgress): Promise<void> {
  let pending = "";
  stream.setEncoding("utf8");
  for await (const text of stream) {
    const lines = (pending + text).split("\n");
    pending = lines.pop() ?? "";
    if (pending.length > maxLineCharacters)
      throw new EngineFailure("pull", "the engine sent a line that is longer than 1 MiB", failed);
    for (const line of lines) take(line, progress);
  }
  take(pending, progress);
}

function take(line: string, progress: PullProgress): void {
  if (line.trim() === "") return;
  const event = eventOf(line);
  if (event.error !== undefined) throw new EngineFailure("pull", event.error, failed);
  progress.take(event);
}

function eventOf(line: string): PullEvent {
  try {
    return JSON.parse(line) as PullEvent;
  } catch {
    throw new EngineFailure("pull", `not JSON: ${line}`, failed);
  }
}

function tooLate(ms: number): EngineFailure {
  return new EngineFailure("pull", `it was not complete after ${ms / 1000} s`, failed);
}

function withoutSecrets({ said, status }: EngineFailure, login: AuthConfig | undefined): EngineFailure {
  return new EngineFailure("pull", presentable(said, login), status);
}

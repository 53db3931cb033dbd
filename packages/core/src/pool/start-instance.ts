import type { Clock } from "../clock.ts";
import type { ServerConfig } from "../config/types.ts";
import { OmgError } from "../runtime/errors.ts";
import type { Frame } from "../runtime/frame.ts";
import type { InstanceV1, RuntimeV1, StateStore } from "../runtime/v1.ts";
import { handshake, type ServerIntroduction } from "../upstream/handshake.ts";
import { Upstream, type UpstreamLimits } from "../upstream/upstream.ts";
import { LastWords } from "./last-words.ts";

/** Everything a start needs to know about a server, checked and resolved. */
export interface StartPlan {
  readonly config: ServerConfig;
  readonly runtime: RuntimeV1;
  /** The runtime's options, checked. */
  readonly options: unknown;
  readonly env: Readonly<Record<string, string>>;
  readonly owner: string;
  readonly baseDirectory: string;
  readonly store: StateStore;
  readonly clock: Clock;
  readonly startTimeoutMs: number;
  readonly limits: UpstreamLimits;
}

export interface InstanceEvents {
  onLog(line: string): void;
  /** How far the start is, in words. */
  onProgress(message: string): void;
  onNotification(frame: Frame): void;
  onDropped(what: string): void;
  /** The instance is lost; fires once at most, and only after the start has succeeded. */
  onLost(why: OmgError): void;
}

/** An instance that has shaken hands. */
export interface RunningInstance {
  readonly id: string;
  readonly upstream: Upstream;
  readonly introduction: ServerIntroduction;
  check(signal: AbortSignal): Promise<boolean>;
  /** Ends the conversation with `why` and the instance with it; resolves when nothing is left. */
  dispose(why: OmgError): Promise<void>;
}

/**
 * Starts one instance: prepare, start, handshake. Rejects with an `OmgError` that tells the server's last words, and
 * has then left nothing behind. `signal` gives the start up.
 */
export async function startInstance(
  plan: StartPlan,
  instanceId: string,
  events: InstanceEvents,
  signal: AbortSignal,
): Promise<RunningInstance> {
  const { config, runtime, clock } = plan;
  const lastWords = new LastWords();
  const request = {
    server: config.id,
    options: plan.options,
    signal,
    store: plan.store,
    progress: (message: string) => events.onProgress(message),
    log(line: string) {
      lastWords.add(line);
      events.onLog(line);
    },
  };
  await runtime.prepare?.(request);

  const deadline = new AbortController();
  const giveUp = () => deadline.abort(signal.reason);
  signal.addEventListener("abort", giveUp, { once: true });
  const stopTimer = clock.after(plan.startTimeoutMs, () => deadline.abort(timeoutError(plan)));
  let instance: InstanceV1 | undefined;
  let upstream: Upstream | undefined;
  try {
    signal.throwIfAborted();
    instance = await runtime.start({
      ...request,
      instanceId,
      owner: plan.owner,
      env: plan.env,
      baseDirectory: plan.baseDirectory,
      signal: deadline.signal,
    });
    let ready = false;
    const lost = Promise.withResolvers<never>();
    lost.promise.catch(() => {});
    upstream = new Upstream(config.id, instance.transport, clock, plan.limits, {
      onNotification: events.onNotification,
      onDropped: events.onDropped,
      onLost: (why) => (ready ? events.onLost(why) : lost.reject(why)),
    });
    const conversation = upstream;
    void instance.exited.then((exit) => conversation.noteExit(exit.detail));
    await upstream.start();
    const introduction = await Promise.race([
      handshake(config.id, upstream, plan.startTimeoutMs),
      lost.promise,
      whenAborted(deadline.signal),
    ]);
    ready = true;
    return running(instance, upstream, introduction);
  } catch (error) {
    const failure = deadline.signal.aborted ? deadline.signal.reason : error;
    const closed = OmgError.is(failure) && failure.reason === "upstream_closed";
    const exit = instance && closed ? await soon(instance.exited, clock) : undefined;
    const why = signal.aborted ? signal.reason : asStartError(plan, failure, exit?.detail, lastWords);
    upstream?.close(why);
    await instance?.[Symbol.asyncDispose]();
    throw why;
  } finally {
    stopTimer();
    signal.removeEventListener("abort", giveUp);
  }
}

function running(
  instance: InstanceV1,
  upstream: Upstream,
  introduction: ServerIntroduction,
): RunningInstance {
  return {
    id: instance.id,
    upstream,
    introduction,
    async check(signal) {
      if (instance.check) return instance.check({ signal });
      await upstream.ask("ping");
      return true;
    },
    async dispose(why) {
      upstream.close(why);
      await instance[Symbol.asyncDispose]();
    },
  };
}

/** Milliseconds a failing start waits to learn how the instance exited. */
const exitWaitMs = 300;

function soon<T>(promise: Promise<T>, clock: Clock): Promise<T | undefined> {
  return new Promise((resolve) => {
    const stop = clock.after(exitWaitMs, () => resolve(undefined));
    void promise.then((value) => {
      stop();
      resolve(value);
    });
  });
}

function whenAborted(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    if (signal.aborted) reject(signal.reason);
    signal.addEventListener("abort", () => reject(signal.reason), { once: true });
  });
}

function timeoutError(plan: StartPlan): OmgError {
  const { id } = plan.config;
  return new OmgError("upstream_start_failed", {
    detail: "init_timeout",
    server: id,
    message:
      `Server '${id}' was not ready within ${plan.startTimeoutMs / 1000} s; ` +
      "if it needs longer, raise start_timeout_seconds",
  });
}

function asStartError(
  plan: StartPlan,
  failure: unknown,
  exit: string | undefined,
  lastWords: LastWords,
): OmgError {
  const { id } = plan.config;
  const known = OmgError.is(failure) ? failure : undefined;
  if (known && known.reason !== "upstream_start_failed" && known.reason !== "upstream_closed") return known;
  let message =
    known?.message ?? `Server '${id}' did not start: ${String((failure as Error)?.message ?? failure)}`;
  let detail = known?.detail;
  if (known?.reason === "upstream_closed") {
    message = `Server '${id}' ended before it was ready: ${exit ?? "it closed its output"}`;
    detail = "exit_early";
  }
  const words = lastWords.toString();
  if (words !== "" && !message.includes(words)) message += `\nIts last output: ${words}`;
  return new OmgError("upstream_start_failed", { detail, server: id, message, cause: failure });
}

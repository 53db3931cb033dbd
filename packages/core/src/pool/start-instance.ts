import type { Clock } from "../clock.ts";
import type { ServerConfig } from "../config/types.ts";
import type { OmgError } from "../runtime/errors.ts";
import type { Frame } from "../runtime/frame.ts";
import type { ListedItem } from "../runtime/json-items.ts";
import type { Params } from "../runtime/transport.ts";
import type { InstanceV1, PrepareRequest, RuntimeV1, StartRequest, StateStore } from "../runtime/v1.ts";
import { introduce } from "../upstream/era-detection.ts";
import type { ServerIntroduction } from "../upstream/handshake.ts";
import type { ModernTaskOwners } from "../upstream/tasks-for-legacy.ts";
import { Upstream } from "../upstream/upstream.ts";
import type { InstanceOwner, UpstreamLimits } from "../upstream/upstream-types.ts";
import type { KnownEra } from "./known-era.ts";
import { LastWords } from "./last-words.ts";
import type { InstanceWatch } from "./slot-types.ts";
import { prepareTimeoutError, startError, timeoutError } from "./start-errors.ts";

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
  readonly knownEra: KnownEra;
  readonly taskOwners: ModernTaskOwners;
  readonly clock: Clock;
  readonly startTimeoutMs: number;
  readonly limits: UpstreamLimits;
  /** Hides the server's secrets in what is said about it. */
  readonly redact: (text: string) => string;
}

export interface StartTarget {
  readonly instanceId: string;
  /** The session that the instance is for, if not for all. */
  readonly session: string | undefined;
  readonly owner: InstanceOwner | undefined;
  /** What the server is told that its clients can do. */
  readonly capabilities: Params;
  readonly signal: AbortSignal;
}

export interface InstanceEvents extends InstanceWatch {
  onLog(line: string): void;
  /** How far the start is, in words. */
  onProgress(message: string): void;
  /** A list or a resource of the server has changed. */
  onChange(frame: Frame): void;
  onDropped(what: string): void;
  /** The server's description of one of its tools, if it is known. */
  tool(name: string): Promise<ListedItem | undefined>;
}

/** An instance that has shaken hands. */
export interface RunningInstance {
  readonly id: string;
  readonly upstream: Upstream;
  readonly introduction: ServerIntroduction;
  /** As of `InstanceV1`. */
  readonly leaving: Promise<string> | undefined;
  /** Whether the instance is well; may reject or hang. */
  check(signal: AbortSignal): Promise<boolean>;
  /** Ends the conversation with `why` and the instance with it; resolves when nothing is left. */
  dispose(why: OmgError): Promise<void>;
}

const prepareTimeoutMs = 300_000;
const disposeTimeoutMs = 20_000;

/** Fetches what a start needs, with a deadline of its own. Rejects with an `OmgError`. */
export async function prepareInstance(
  plan: StartPlan,
  target: StartTarget,
  events: InstanceEvents,
): Promise<void> {
  const { runtime } = plan;
  if (!runtime.prepare) return;
  const lastWords = new LastWords();
  const deadline = startDeadline(plan.clock, target.signal, prepareTimeoutMs, () =>
    prepareTimeoutError(plan, prepareTimeoutMs),
  );
  try {
    await deadline.bound(() => runtime.prepare?.(requestOf(plan, events, lastWords, deadline.signal)));
  } catch (error) {
    throw target.signal.aborted ? error : startError(plan, error, undefined, lastWords);
  } finally {
    deadline.clear();
  }
}

/**
 * Starts one instance and shakes hands. Rejects with an `OmgError` that tells the server's last words, and has then left
 * nothing behind. Whatever the runtime does, it settles within the start timeout and what a dispose may take.
 */
export async function startInstance(
  plan: StartPlan,
  target: StartTarget,
  events: InstanceEvents,
): Promise<RunningInstance> {
  const { config, runtime, clock } = plan;
  const lastWords = new LastWords();
  const { startTimeoutMs } = plan;
  const deadline = startDeadline(clock, target.signal, startTimeoutMs, () =>
    timeoutError(plan, startTimeoutMs, lastWords),
  );
  let instance: InstanceV1 | undefined;
  let upstream: Upstream | undefined;
  try {
    const starting = deadline.bound(() => {
      const request: StartRequest<unknown> = {
        ...requestOf(plan, events, lastWords, deadline.signal),
        instanceId: target.instanceId,
        session: target.session,
        owner: plan.owner,
        env: plan.env,
      };
      return runtime.start(request);
    }, disposeLate);
    instance = await starting;
    const lost = Promise.withResolvers<never>();
    lost.promise.catch(() => {});
    let ready = false;
    const conversation = new Upstream({
      server: config.id,
      transport: instance.transport,
      clock,
      limits: plan.limits,
      taskOwners: plan.taskOwners,
      owner: target.owner,
      events: {
        onChange: events.onChange,
        onDropped: events.onDropped,
        onLost: (why) => (ready ? events.onLost(why) : lost.reject(why)),
        onBusy: events.onBusy,
        tool: events.tool,
      },
    });
    upstream = conversation;
    const exited = (detail: string) => {
      conversation.noteExit(detail);
      if (ready) events.onExit();
    };
    instance.exited.then(
      (exit) => exited(exit.detail),
      () => exited("the runtime lost track of it"),
    );
    await deadline.bound(() => conversation.start());
    const introduced = deadline.bound(() => meet(plan, target, conversation));
    const known = await Promise.race([introduced, lost.promise]);
    ready = true;
    return running(instance, conversation, known);
  } catch (error) {
    const why = target.signal.aborted
      ? (target.signal.reason as OmgError)
      : startError(plan, error, await exitDetail(instance, error, clock), lastWords);
    upstream?.close(why);
    if (instance) await within(disposeTimeoutMs, clock, instance[Symbol.asyncDispose]());
    throw why;
  } finally {
    deadline.clear();
  }
}

/** Learns who the server is, in the era that it speaks, and remembers the era. */
async function meet(plan: StartPlan, target: StartTarget, upstream: Upstream): Promise<ServerIntroduction> {
  const { config, knownEra, startTimeoutMs } = plan;
  const stated = config.era === "auto" ? undefined : config.era;
  const known = stated === undefined ? await knownEra.recall() : undefined;
  try {
    const introduction = await introduce(config.id, upstream, {
      capabilities: target.capabilities,
      timeoutMs: startTimeoutMs,
      stated,
      known,
    });
    upstream.introduced(introduction.capabilities);
    // What is tried first anyway needs no memory.
    const usual = upstream.isPerRequest ? "modern" : "legacy";
    if (stated === undefined) knownEra.note(upstream.era === usual ? undefined : upstream.era);
    return introduction;
  } catch (error) {
    // The server may have been replaced by one that ends over what the old one understood.
    if (known === "modern") knownEra.note(undefined);
    throw error;
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
    leaving: instance.leaving,
    async check(signal) {
      if (instance.check) return instance.check({ signal });
      await upstream.ask(upstream.era === "modern" ? "server/discover" : "ping");
      return true;
    },
    async dispose(why) {
      upstream.close(why);
      await instance[Symbol.asyncDispose]();
    },
  };
}

function requestOf(
  plan: StartPlan,
  events: InstanceEvents,
  lastWords: LastWords,
  signal: AbortSignal,
): PrepareRequest<unknown> {
  return {
    server: plan.config.id,
    options: plan.options,
    baseDirectory: plan.baseDirectory,
    signal,
    store: plan.store,
    // Hidden here, since nobody else knows the secrets of an instance whose entry has been replaced.
    progress(message) {
      lastWords.progress = plan.redact(message);
      events.onProgress(lastWords.progress);
    },
    log(line) {
      const shown = plan.redact(line);
      lastWords.add(shown);
      events.onLog(shown);
    },
  };
}

/** The time that a part of a start may take: aborted from outside, or with `late` when it is over. */
function startDeadline(clock: Clock, outer: AbortSignal, ms: number, late: () => OmgError) {
  const controller = new AbortController();
  const { signal } = controller;
  const giveUp = () => controller.abort(outer.reason);
  outer.addEventListener("abort", giveUp, { once: true });
  if (outer.aborted) giveUp();
  const stopTimer = clock.after(ms, () => controller.abort(late()));
  return {
    signal,
    clear() {
      stopTimer();
      outer.removeEventListener("abort", giveUp);
    },
    /** Runs a step that ends with the deadline, also if the step itself does not; `onLate` gets what comes after. */
    bound<T>(step: () => Promise<T> | undefined, onLate: (value: T) => void = () => {}): Promise<T> {
      return new Promise((resolve, reject) => {
        signal.throwIfAborted();
        signal.addEventListener("abort", () => reject(signal.reason), { once: true });
        const settle = (value: T) => (signal.aborted ? onLate(value) : resolve(value));
        // A step that throws at once rejects all the same: the executor catches it.
        Promise.resolve(step() as Promise<T>).then(settle, reject);
      });
    },
  };
}

/** A runtime that ignored the end of its start: what it made is not wanted any more. */
function disposeLate(instance: InstanceV1): void {
  Promise.resolve(instance[Symbol.asyncDispose]()).catch(() => {});
}

/** Milliseconds a failing start waits to learn how the instance exited. */
const exitWaitMs = 300;

async function exitDetail(
  instance: InstanceV1 | undefined,
  error: unknown,
  clock: Clock,
): Promise<string | undefined> {
  if ((error as OmgError).reason !== "upstream_closed") return undefined;
  return instance && (await within(exitWaitMs, clock, instance.exited))?.detail;
}

function within<T>(ms: number, clock: Clock, promise: PromiseLike<T>): Promise<T | undefined> {
  return new Promise((resolve) => {
    const stop = clock.after(ms, () => resolve(undefined));
    const settle = (value?: T) => {
      stop();
      resolve(value);
    };
    promise.then(settle, () => settle());
  });
}

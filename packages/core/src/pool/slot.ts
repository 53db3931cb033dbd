import type { Clock } from "../clock.ts";
import type { ServerState } from "../gateway/types.ts";
import { OmgError } from "../runtime/errors.ts";
import { Backoff } from "./backoff.ts";
import type { RunningInstance } from "./start-instance.ts";

export interface SlotSettings {
  readonly server: string;
  /** Milliseconds without use before the instance stops; 0: never. */
  readonly idleTimeoutMs: number;
  readonly maxWaiters: number;
  /** Milliseconds a stop waits for calls in flight. */
  readonly drainTimeoutMs: number;
}

/** What a slot needs done, and tells. */
export interface SlotHooks {
  start(signal: AbortSignal, onLost: (why: OmgError) => void): Promise<RunningInstance>;
  onState(from: ServerState, to: ServerState, why: string | undefined): void;
}

const disposeTimeoutMs = 20_000;

/** Somebody who waits for an instance. */
interface Waiter {
  resolve(instance: RunningInstance): void;
  reject(error: OmgError): void;
}

/**
 * A place for one instance of a server. It is started once for however many callers wait, stays while in use, stops
 * when idle, and is left alone for a while after a failure.
 *
 *     stopped → starting → ready → (draining) → stopping → stopped
 *                  ↓         ↓
 *               backoff → failed → starting …
 *
 * Every change of state and of the counts below is synchronous, so that no call falls between two states.
 */
export class Slot {
  readonly #settings: SlotSettings;
  readonly #hooks: SlotHooks;
  readonly #clock: Clock;
  readonly #backoff: Backoff;
  readonly #waiters = new Set<Waiter>();

  #state: ServerState = "stopped";
  #instance: RunningInstance | undefined;
  #inUse = 0;
  #lastUse = 0;
  #readyAt = 0;
  #retryAt = 0;
  #problem: OmgError | undefined;
  #lostEarly: OmgError | undefined;
  #startAbort: AbortController | undefined;
  #stopTimer: () => void = () => {};
  #whenUnused: (() => void) | undefined;
  #stopped = Promise.resolve();

  constructor(settings: SlotSettings, hooks: SlotHooks, clock: Clock, backoff = new Backoff()) {
    this.#settings = settings;
    this.#hooks = hooks;
    this.#clock = clock;
    this.#backoff = backoff;
  }

  get state(): ServerState {
    return this.#state;
  }

  /** Why the slot is in backoff or failed. */
  get problem(): OmgError | undefined {
    return this.#state === "backoff" || this.#state === "failed" ? this.#problem : undefined;
  }

  get instance(): RunningInstance | undefined {
    return this.#instance;
  }

  /** Nobody uses, waits for, starts or stops an instance here. */
  get empty(): boolean {
    return this.#waiters.size === 0 && ["stopped", "backoff", "failed"].includes(this.#state);
  }

  /**
   * A ready instance, held awake until `release()`. Returns it at once where it can. Rejects when the
   * start fails, in backoff, when too many wait, or when `cancel` (handed to `onWait`) is called.
   */
  acquire(onWait?: (cancel: (error: OmgError) => void) => void): RunningInstance | Promise<RunningInstance> {
    if (this.#state === "ready" && this.#instance) {
      this.#inUse++;
      return this.#instance;
    }
    if (this.#state === "backoff") return Promise.reject(this.#inBackoff());
    if (this.#waiters.size >= this.#settings.maxWaiters) return Promise.reject(this.#tooManyWaiters());
    return new Promise((resolve, reject) => {
      const waiter = { resolve, reject };
      this.#waiters.add(waiter);
      onWait?.((error) => {
        if (this.#waiters.delete(waiter)) reject(error);
      });
      if (this.#state === "stopped" || this.#state === "failed") this.#start();
    });
  }

  release(): void {
    this.#inUse--;
    this.#lastUse = this.#clock.now();
    if (this.#inUse === 0) this.#whenUnused?.();
  }

  /** Starts at once, also out of a backoff. Resolves with whether there was anything to start. */
  async startNow(): Promise<boolean> {
    if (this.#state === "ready") return false;
    if (this.#state === "backoff") {
      this.#stopTimer();
      this.#enter("failed");
    }
    await this.acquire();
    this.release();
    return true;
  }

  /** Waits for the calls in flight (as long as the drain timeout), then stops. Callers that come now start it anew. */
  async stop(why: OmgError): Promise<boolean> {
    if (this.#state === "starting") {
      this.#startAbort?.abort(why);
      await this.#stopped;
      return true;
    }
    if (this.#state === "ready") {
      this.#stopped = this.#drainAndStop(why);
      await this.#stopped;
      return true;
    }
    const wasStopping = this.#state === "draining" || this.#state === "stopping";
    await this.#stopped;
    if (this.#state === "backoff" || this.#state === "failed") this.#rest("stopped");
    return wasStopping;
  }

  /** Ends everything now; callers that wait get `why`. */
  async dispose(why: OmgError): Promise<void> {
    this.#rejectWaiters(why);
    this.#startAbort?.abort(why);
    this.#whenUnused?.();
    if (this.#state === "ready") this.#stopped = this.#dispose(why, "stopped");
    await this.#stopped;
    this.#stopTimer();
  }

  #start(): void {
    const abort = new AbortController();
    this.#startAbort = abort;
    this.#lostEarly = undefined;
    this.#enter("starting");
    this.#stopped = this.#hooks
      .start(abort.signal, (why) => this.#lost(why))
      .then(
        (instance) => this.#started(instance, abort.signal),
        (error) => this.#startFailed(error as OmgError, abort.signal),
      );
  }

  #started(instance: RunningInstance, signal: AbortSignal): void | Promise<void> {
    if (signal.aborted) return this.#takeBack(instance, signal.reason as OmgError, signal);
    this.#instance = instance;
    this.#readyAt = this.#clock.now();
    this.#lastUse = this.#readyAt;
    this.#stopped = Promise.resolve();
    this.#enter("ready");
    // Everyone gets the instance before anything else can happen to it.
    for (const waiter of this.#waiters) {
      this.#inUse++;
      waiter.resolve(instance);
    }
    this.#waiters.clear();
    if (this.#settings.idleTimeoutMs > 0) this.#watchIdle(this.#settings.idleTimeoutMs);
    if (this.#lostEarly) this.#lost(this.#lostEarly);
    return undefined;
  }

  /** The start was given up in the very moment it succeeded. */
  async #takeBack(instance: RunningInstance, why: OmgError, signal: AbortSignal): Promise<void> {
    await this.#end(instance, why);
    this.#startFailed(why, signal);
  }

  #startFailed(error: OmgError, signal: AbortSignal): void {
    this.#problem = error;
    this.#rejectWaiters(error);
    if (signal.aborted) this.#rest("stopped");
    else this.#retreat(this.#backoff.startFailed());
  }

  #lost(why: OmgError): void {
    if (this.#state === "starting") this.#lostEarly = why;
    if (this.#state !== "ready" && this.#state !== "draining") return;
    this.#problem = why;
    const delay = this.#backoff.instanceLost(this.#clock.now() - this.#readyAt);
    this.#stopped = this.#dispose(why, delay === 0 ? "failed" : "backoff", delay);
  }

  async #drainAndStop(why: OmgError): Promise<void> {
    this.#stopTimer();
    if (this.#inUse > 0) {
      this.#enter("draining");
      await new Promise<void>((resolve) => {
        const stopTimer = this.#clock.after(this.#settings.drainTimeoutMs, resolve);
        this.#whenUnused = () => {
          stopTimer();
          resolve();
        };
      });
      this.#whenUnused = undefined;
    }
    // While it drained the instance may have been lost, which stops it too.
    if (this.#state === "ready" || this.#state === "draining") await this.#dispose(why, "stopped");
    else await this.#stopped;
  }

  /** Takes the instance down and goes on to `next`. */
  async #dispose(why: OmgError, next: "stopped" | "failed" | "backoff", delay = 0): Promise<void> {
    const instance = this.#instance;
    this.#instance = undefined;
    this.#stopTimer();
    this.#enter("stopping", why.message);
    this.#whenUnused?.();
    if (instance) await this.#end(instance, why);
    if (next === "backoff") this.#retreat(delay);
    else this.#rest(next);
  }

  /** A runtime owes a dispose that ends by itself; one that does not must not hold the slot for ever. */
  async #end(instance: RunningInstance, why: OmgError): Promise<void> {
    await new Promise<void>((resolve) => {
      const stopTimer = this.#clock.after(disposeTimeoutMs, resolve);
      const ended = () => {
        stopTimer();
        resolve();
      };
      instance.dispose(why).then(ended, ended);
    });
  }

  /** Leaves the server alone for `delay` milliseconds. */
  #retreat(delay: number): void {
    this.#retryAt = this.#clock.now() + delay;
    this.#rejectWaiters(this.#inBackoff());
    this.#enter("backoff", this.#problem?.message);
    this.#stopTimer = this.#clock.after(delay, () => this.#rest("failed"));
  }

  #rest(state: "stopped" | "failed"): void {
    this.#stopTimer();
    if (state === "stopped") this.#backoff.reset();
    this.#enter(state, state === "failed" ? this.#problem?.message : undefined);
    if (this.#waiters.size > 0) this.#start();
  }

  /** One timer watches the whole time of readiness, so that a call costs none. */
  #watchIdle(ms: number): void {
    this.#stopTimer = this.#clock.after(ms, () => {
      const idleMs = this.#clock.now() - this.#lastUse;
      const { idleTimeoutMs, server } = this.#settings;
      if (this.#inUse > 0) this.#watchWhenUnused();
      else if (idleMs < idleTimeoutMs) this.#watchIdle(idleTimeoutMs - idleMs);
      else this.#stopped = this.#dispose(idleError(server, idleMs), "stopped");
    });
  }

  #watchWhenUnused(): void {
    this.#stopTimer = () => {
      this.#whenUnused = undefined;
    };
    this.#whenUnused = () => {
      this.#whenUnused = undefined;
      this.#watchIdle(this.#settings.idleTimeoutMs);
    };
  }

  #rejectWaiters(error: OmgError): void {
    const waiters = [...this.#waiters];
    this.#waiters.clear();
    for (const waiter of waiters) waiter.reject(error);
  }

  #enter(state: ServerState, why?: string): void {
    const from = this.#state;
    if (from === state) return;
    this.#state = state;
    this.#hooks.onState(from, state, why);
  }

  #inBackoff(): OmgError {
    const retryAfterMs = Math.max(0, Math.round(this.#retryAt - this.#clock.now()));
    const { server } = this.#settings;
    return new OmgError("upstream_backoff", {
      server,
      retryAfterMs,
      message:
        `Server '${server}' failed and is tried again in ${Math.ceil(retryAfterMs / 1000)} s. ` +
        `The failure: ${this.#problem?.message ?? "unknown"}`,
      cause: this.#problem,
    });
  }

  #tooManyWaiters(): OmgError {
    const { server, maxWaiters } = this.#settings;
    return new OmgError("overloaded", {
      detail: "queue_full",
      server,
      retryAfterMs: 1000,
      message: `${maxWaiters} callers wait for server '${server}' to start already; try again shortly`,
    });
  }
}

function idleError(server: string, idleMs: number): OmgError {
  return new OmgError("upstream_closed", {
    server,
    message: `Server '${server}' was idle for ${Math.round(idleMs / 1000)} s`,
  });
}

import type { Clock } from "../clock.ts";
import type { ServerState } from "../gateway/types.ts";
import type { OmgError, Reason } from "../runtime/errors.ts";
import { Backoff } from "./backoff.ts";
import { IdleWatch } from "./idle-watch.ts";
import { idleError, inBackoffError, leavingError, tooManyWaitersError } from "./slot-errors.ts";
import type { Lease, LeaseOptions, SlotHooks, SlotSettings } from "./slot-types.ts";
import type { RunningInstance } from "./start-instance.ts";
import { StartNews } from "./start-news.ts";
import { Waiters } from "./waiters.ts";

const disposeTimeoutMs = 20_000;
/** Starts that fail for want of something that is not the server's: no failure of its own, so no pause gets longer. */
const wants: ReadonlySet<Reason> = new Set(["overloaded", "runtime_unavailable"]);
/** How long a start waits for what there was none of. */
const wantMs = 1_000;

/**
 * A place for one instance of a server. It is started once for however many callers wait, stays while in use, stops
 * when idle, and is left alone for a while after a failure.
 *
 *     stopped → starting → ready → (draining) → stopping → stopped
 *                 │ │        │                     │
 *                 │ └────────┴─ fails, is lost ────┴→ backoff → failed ─(next call)→ starting
 *                 └─ given up → stopped
 *
 * Every change of state and of the counts below is synchronous, so that no call falls between two states.
 */
export class Slot {
  /** What is said of a start under way. */
  readonly news = new StartNews();
  readonly #settings: SlotSettings;
  readonly #hooks: SlotHooks;
  readonly #clock: Clock;
  readonly #backoff: Backoff;
  readonly #waiters = new Waiters();

  #state: ServerState = "stopped";
  #instance: RunningInstance | undefined;
  /** What everyone who uses the instance gets: one object for all. */
  #lease: Lease | undefined;
  #inUse = 0;
  #holds = 0;
  #readyAt = 0;
  #retryAt = 0;
  #problem: OmgError | undefined;
  #disposed: OmgError | undefined;
  #startAbort: AbortController | undefined;
  #lostEarly: OmgError | undefined;
  readonly #idleWatch: IdleWatch;
  #stopBackoffTimer: () => void = () => {};
  #onDrained: (() => void) | undefined;
  /** The end of the start or stop under way. */
  #settled = Promise.resolve();

  constructor(settings: SlotSettings, hooks: SlotHooks, clock: Clock, backoff = new Backoff()) {
    this.#settings = settings;
    this.#hooks = hooks;
    this.#clock = clock;
    this.#backoff = backoff;
    this.#idleWatch = new IdleWatch({
      clock,
      timeoutMs: settings.idleTimeoutMs,
      isAwake: () => this.#inUse > 0 || this.#holds > 0,
      onIdle: (idleMs) => {
        this.#settled = this.#takeDown(idleError(settings.server, idleMs), "stopped");
      },
    });
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

  /** A client waits here. */
  get urgent(): boolean {
    return this.#waiters.areUrgent;
  }

  /** A ready instance, held awake until it is released; `undefined` unless there is one now. */
  leaseNow(): Lease | undefined {
    if (this.#state !== "ready") return undefined;
    this.#inUse++;
    return this.#lease;
  }

  /**
   * A ready instance, held awake until it is released. Rejects when the start fails, in backoff, when too many wait, when
   * the slot is disposed, or when the caller gives up.
   */
  lease({ urgent, onWait }: LeaseOptions): Promise<Lease> {
    const ready = this.leaseNow();
    if (ready) return Promise.resolve(ready);
    const refusal = this.#refusal();
    if (refusal) return Promise.reject(refusal);
    const leased = this.#waiters.wait({ urgent, onWait });
    this.#startIfWanted();
    if (urgent && this.#state === "starting") this.#hooks.onUrgent();
    return leased;
  }

  /** Something outlives its calls here: the instance stays awake, and is started anew when it is lost. */
  hold(): void {
    this.#holds++;
  }

  /** Ends one `hold`. */
  unhold(): void {
    this.#holds--;
    this.#idleWatch.used();
  }

  get isHeld(): boolean {
    return this.#holds > 0;
  }

  /** Starts at once, also out of a backoff. Resolves with whether there was anything to start. */
  async startNow(): Promise<boolean> {
    if (this.#state === "ready") return false;
    if (this.#state === "backoff") this.#enter("failed");
    (await this.lease({ urgent: true })).release();
    return true;
  }

  /** Waits for the calls in flight (as long as the drain timeout), then stops. Callers that come now start it anew. */
  async stop(why: OmgError): Promise<boolean> {
    const { state } = this;
    if (state === "starting") this.#startAbort?.abort(why);
    else if (this.#isRunning()) this.#settled = this.#drainAndStop(why);
    await this.#settled;
    if (state === "backoff" || state === "failed") this.#rest("stopped");
    return state === "starting" || state === "ready" || state === "draining" || state === "stopping";
  }

  /** Ends everything now and for good; callers that wait, and all that come, get `why`. */
  async dispose(why: OmgError): Promise<void> {
    this.#disposed = why;
    this.#waiters.reject(why);
    this.#startAbort?.abort(why);
    if (this.#isRunning()) this.#settled = this.#takeDown(why, "stopped");
    this.#onDrained?.();
    await this.#settled;
    this.#clearTimer();
  }

  #release(): void {
    this.#inUse--;
    if (this.#inUse === 0) this.#onDrained?.();
    this.#idleWatch.used();
  }

  #refusal(): OmgError | undefined {
    const { server, maxWaiters } = this.#settings;
    if (this.#disposed) return this.#disposed;
    if (this.#state === "backoff") {
      return inBackoffError(server, this.#retryAt - this.#clock.now(), this.#problem);
    }
    return this.#waiters.size >= maxWaiters ? tooManyWaitersError(server, maxWaiters) : undefined;
  }

  /** There is an instance, and nobody stops it yet. */
  #isRunning(): boolean {
    return this.#state === "ready" || (this.#state === "draining" && !this.#onDrained);
  }

  #startIfWanted(): void {
    const isWanted = this.#waiters.size > 0 || (this.#holds > 0 && this.#state === "failed");
    if (!isWanted || (this.#state !== "stopped" && this.#state !== "failed")) return;
    const abort = new AbortController();
    this.#startAbort = abort;
    this.#lostEarly = undefined;
    this.#enter("starting");
    const watch = {
      onExit: () => this.#exiting(),
      onLost: (why: OmgError) => this.#lost(why),
      onBusy: (busy: boolean) => (busy ? this.hold() : this.unhold()),
    };
    this.#settled = this.#hooks.start(abort.signal, watch).then(
      (instance) => this.#started(instance, abort.signal),
      (error) => this.#startFailed(error as OmgError, abort.signal),
    );
  }

  async #started(instance: RunningInstance, signal: AbortSignal): Promise<void> {
    if (signal.aborted) {
      // The start was given up in the very moment it succeeded.
      await this.#end(instance, signal.reason as OmgError);
      this.#startFailed(signal.reason as OmgError, signal);
      return;
    }
    const lease = { instance, release: () => this.#release() };
    this.#instance = instance;
    this.#lease = lease;
    this.#readyAt = this.#clock.now();
    this.#settled = Promise.resolve();
    this.#enter("ready");
    // Everyone gets the instance before anything else can happen to it.
    this.#waiters.resolve(() => {
      this.#inUse++;
      return lease;
    });
    this.#idleWatch.start();
    void instance.leaving?.then((why) => this.#retire(instance, why));
    if (this.#lostEarly) this.#lost(this.#lostEarly);
  }

  #startFailed(error: OmgError, signal: AbortSignal): void {
    this.#problem = error;
    this.#waiters.reject(error);
    if (signal.aborted) this.#rest("stopped");
    // Waiting does not help, and after a login the next call must do. What is held starts by itself, so it must wait.
    else if (error.reason === "upstream_auth_required" && this.#holds === 0) this.#rest("failed");
    else if (wants.has(error.reason)) this.#retreat(error.retryAfterMs ?? wantMs);
    else this.#retreat(this.#backoff.startFailed(error.retryAfterMs));
  }

  /** Nobody new gets an instance that has exited, though what it said last may still answer calls. */
  #exiting(): void {
    if (this.#state === "ready") this.#enter("draining", "it has exited");
  }

  #lost(why: OmgError): void {
    if (this.#state === "starting") this.#lostEarly = why;
    if (this.#state !== "ready" && this.#state !== "draining") return;
    this.#problem = why;
    // A server may end a session whenever it likes (MCP transports): one that was of use was no failure.
    const wasOfUse = why.isSessionLost && this.#instance?.upstream.hasServed === true;
    const delay = wasOfUse ? 0 : this.#backoff.instanceLost(this.#clock.now() - this.#readyAt);
    this.#settled = this.#takeDown(why, delay === 0 ? "failed" : "backoff", delay);
    this.#onDrained?.();
  }

  /** The runtime wants the instance to get no more calls. What is held goes on with another one. */
  #retire(instance: RunningInstance, why: string): void {
    if (this.#instance !== instance || this.#state !== "ready") return;
    const error = leavingError(this.#settings.server, why);
    this.#problem = error;
    this.#settled = this.#drainAndStop(error, this.#holds > 0 ? "failed" : "stopped");
  }

  async #drainAndStop(why: OmgError, next: "stopped" | "failed" = "stopped"): Promise<void> {
    this.#clearTimer();
    if (this.#inUse > 0) {
      this.#enter("draining", why.message);
      await new Promise<void>((resolve) => {
        const stopTimer = this.#clock.after(this.#settings.drainTimeoutMs, resolve);
        this.#onDrained = () => {
          stopTimer();
          resolve();
        };
      });
      this.#onDrained = undefined;
    }
    // While it drained the instance may have been lost, which takes it down too.
    if (this.#state === "ready" || this.#state === "draining") await this.#takeDown(why, next);
    else await this.#settled;
  }

  async #takeDown(why: OmgError, next: "stopped" | "failed" | "backoff", delay = 0): Promise<void> {
    const instance = this.#instance;
    this.#instance = undefined;
    this.#lease = undefined;
    this.#enter("stopping", why.message);
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
    this.#waiters.reject(inBackoffError(this.#settings.server, delay, this.#problem));
    this.#enter("backoff", this.#problem?.message);
    this.#stopBackoffTimer = this.#clock.after(delay, () => this.#rest("failed"));
  }

  #rest(state: "stopped" | "failed"): void {
    if (state === "stopped") this.#backoff.reset();
    this.#enter(state, state === "failed" ? this.#problem?.message : undefined);
    if (!this.#disposed) this.#startIfWanted();
  }

  #clearTimer(): void {
    this.#stopBackoffTimer();
    this.#idleWatch.stop();
  }

  /** The timer belongs to the state that is left. */
  #enter(state: ServerState, why?: string): void {
    const from = this.#state;
    if (from === state) return;
    this.#clearTimer();
    this.#state = state;
    this.#hooks.onState(from, state, why);
  }
}

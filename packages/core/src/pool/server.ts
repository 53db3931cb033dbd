import type { ServerConfig } from "../config/types.ts";
import type { GatewayListener } from "../gateway/events.ts";
import type { ServerState, ServerStatus } from "../gateway/types.ts";
import { OmgError } from "../runtime/errors.ts";
import type { Frame } from "../runtime/frame.ts";
import type { Call } from "../session/call.ts";
import { Slot } from "./slot.ts";
import { type RunningInstance, type StartPlan, startInstance } from "./start-instance.ts";
import type { StartLimiter } from "./start-limiter.ts";
import { tellProgress } from "./start-progress.ts";

export interface PooledServerSettings {
  readonly idleTimeoutMs: number;
  readonly maxWaiters: number;
  readonly drainTimeoutMs: number;
  readonly limiter: StartLimiter;
  readonly emit: GatewayListener;
  /** The server said something that belongs to no request; `session` is empty for a shared instance. */
  onNotification(server: PooledServer, session: string, frame: Frame): void;
  onReady(server: PooledServer, session: string): void;
}

/** The key of the one instance that everybody shares. */
const shared = "";

/** One server of the catalog with its instances: one for all, or one a session. */
export class PooledServer {
  readonly config: ServerConfig;
  readonly #plan: StartPlan | undefined;
  readonly #settings: PooledServerSettings;
  readonly #slots = new Map<string, Slot>();
  #starts = 0;
  #requests = 0;
  #errors = 0;
  #callsInFlight = 0;
  #startedAt: Date | undefined;
  #lastActivity: Date | undefined;

  /** Without a plan the server is disabled; `config.problem` says why. */
  constructor(config: ServerConfig, plan: StartPlan | undefined, settings: PooledServerSettings) {
    this.config = config;
    this.#plan = plan;
    this.#settings = settings;
  }

  get id(): string {
    return this.config.id;
  }

  get state(): ServerState {
    if (!this.#plan) return "disabled";
    const states = [...this.#slots.values()].map((slot) => slot.state);
    return busiestFirst.find((state) => states.includes(state)) ?? "stopped";
  }

  status(): ServerStatus {
    const slots = [...this.#slots.values()];
    const running = slots.filter((slot) => slot.instance);
    const problem = this.config.problem ?? slots.find((slot) => slot.problem)?.problem?.message;
    return {
      config: this.config,
      state: this.state,
      problem,
      startedAt: running.length > 0 ? this.#startedAt : undefined,
      lastActivity: this.#lastActivity,
      requestCount: this.#requests,
      errorCount: this.#errors,
      callsInFlight: this.#callsInFlight,
      instances: running.length,
      instance: this.#slots.get(shared)?.instance?.id,
    };
  }

  get callsInFlight(): number {
    return this.#callsInFlight;
  }

  /** Sends a client's request to an instance, which is started if need be. */
  async forward(call: Call, edits?: { name?: string; uri?: string }): Promise<Frame> {
    const { clock } = this.#mustBeUsable();
    const startedAt = clock.now();
    this.#requests++;
    this.#callsInFlight++;
    this.#lastActivity = clock.date();
    let error: OmgError | undefined;
    try {
      const answer = await this.use(call.session, ({ upstream }) => upstream.forward(call, edits), call);
      if (answer.head.kind === "error") this.#errors++;
      return answer;
    } catch (thrown) {
      this.#errors++;
      if (OmgError.is(thrown)) error = thrown;
      throw thrown;
    } finally {
      this.#callsInFlight--;
      this.#lastActivity = clock.date();
      const { method = "" } = call.frame.head;
      const durationMs = clock.now() - startedAt;
      const { session } = call;
      this.#settings.emit({ type: "call-end", server: this.id, method, session, durationMs, error });
    }
  }

  /** Runs `action` on a ready instance, which stays awake until it is done. */
  async use<T>(
    session: string | undefined,
    action: (instance: RunningInstance) => Promise<T>,
    call?: Call,
  ): Promise<T> {
    const slot = this.#slot(session);
    const acquired = slot.acquire(call && ((cancel) => call.whenCancelled(cancel)));
    const instance = acquired instanceof Promise ? await this.#wait(acquired, call) : acquired;
    try {
      return await action(instance);
    } finally {
      slot.release();
    }
  }

  /** Sends a notification if an instance runs; a notification never starts one. */
  notify(session: string, frame: Frame): void {
    const key = this.config.scope === "session" ? session : shared;
    this.#slots.get(key)?.instance?.upstream.notify(frame);
  }

  async start(): Promise<boolean> {
    this.#mustBeUsable();
    if (this.config.scope !== "session") return this.#slot(undefined).startNow();
    throw new OmgError("bad_params", {
      server: this.id,
      message: `Server '${this.id}' has scope: session; it starts with a client's session, not by hand`,
    });
  }

  async stop(why: OmgError): Promise<boolean> {
    const stopped = await Promise.all([...this.#slots.values()].map((slot) => slot.stop(why)));
    return stopped.includes(true);
  }

  /** Stops what belongs to one session alone. */
  async endSession(session: string, why: OmgError): Promise<void> {
    const slot = session === shared ? undefined : this.#slots.get(session);
    await slot?.dispose(why);
    this.#slots.delete(session);
  }

  async dispose(why: OmgError): Promise<void> {
    await Promise.all([...this.#slots.values()].map((slot) => slot.dispose(why)));
  }

  /** Pings what runs and is not in use; an instance that does not answer is stopped, to be started anew. */
  async checkHealth(): Promise<void> {
    for (const slot of this.#slots.values()) {
      const { instance } = slot;
      if (!instance || instance.upstream.callsInFlight > 0) continue;
      const timeout = AbortSignal.timeout(healthTimeoutMs);
      const well = await instance.check(timeout).catch(() => false);
      if (!well && slot.instance === instance) await slot.stop(unhealthyError(this.id));
    }
  }

  async #wait(acquired: Promise<RunningInstance>, call: Call | undefined): Promise<RunningInstance> {
    const quiet = call && tellProgress(call, this.id, (this.#plan as StartPlan).clock);
    try {
      return await acquired;
    } finally {
      quiet?.();
      call?.whenCancelled(undefined);
    }
  }

  #slot(session: string | undefined): Slot {
    this.#mustBeUsable();
    const key = this.config.scope === "session" ? (session ?? shared) : shared;
    let slot = this.#slots.get(key);
    if (!slot) {
      slot = this.#newSlot(key);
      this.#slots.set(key, slot);
    }
    return slot;
  }

  #newSlot(session: string): Slot {
    const plan = this.#mustBeUsable();
    const { emit, limiter } = this.#settings;
    let startedAt = 0;
    const slot: Slot = new Slot(
      { ...this.#settings, server: this.id },
      {
        start: (signal, onLost) =>
          limiter.run(() => {
            startedAt = plan.clock.now();
            return this.#startInstance(plan, session, signal, onLost);
          }),
        onState: (from, to, why) => {
          const ready = to === "ready";
          if (ready) this.#startedAt = plan.clock.date();
          emit({
            type: "server-state",
            server: this.id,
            from,
            to,
            why,
            instance: ready ? slot.instance?.id : undefined,
            startMs: ready ? plan.clock.now() - startedAt : undefined,
          });
          if (ready) this.#settings.onReady(this, session);
        },
      },
      plan.clock,
    );
    return slot;
  }

  #startInstance(
    plan: StartPlan,
    session: string,
    signal: AbortSignal,
    onLost: (why: OmgError) => void,
  ): Promise<RunningInstance> {
    const { emit } = this.#settings;
    const server = this.id;
    const instanceId = `${plan.owner}-${slug(server)}-${++this.#starts}`;
    return startInstance(
      plan,
      instanceId,
      {
        onLog: (line) => emit({ type: "server-log", server, line }),
        onProgress: (message) => emit({ type: "server-progress", server, message }),
        onDropped: (what) => emit({ type: "frame-dropped", server, what }),
        onNotification: (frame) => this.#settings.onNotification(this, session, frame),
        onLost,
      },
      signal,
    );
  }

  #mustBeUsable(): StartPlan {
    if (this.#plan) return this.#plan;
    throw new OmgError("server_disabled", {
      server: this.id,
      message: `Server '${this.id}' is disabled: ${this.config.problem ?? "its entry is not usable"}`,
    });
  }
}

const healthTimeoutMs = 10_000;

/** Of several instances, the state that says most about the server. */
const busiestFirst: readonly ServerState[] = [
  "ready",
  "starting",
  "draining",
  "stopping",
  "backoff",
  "failed",
  "stopped",
];

/** A part of an instance id: safe as file, container and pod name. */
function slug(id: string): string {
  return (
    id
      .toLowerCase()
      .replace(/[^a-z0-9]+/g, "-")
      .slice(0, 20)
      .replace(/^-|-$/g, "") || "server"
  );
}

function unhealthyError(server: string): OmgError {
  return new OmgError("upstream_closed", { server, message: `Server '${server}' failed its health check` });
}

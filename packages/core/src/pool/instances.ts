import type { GatewayListener } from "../gateway/events.ts";
import type { ServerState } from "../gateway/types.ts";
import { OmgError } from "../runtime/errors.ts";
import type { Frame } from "../runtime/frame.ts";
import type { ListedItem } from "../runtime/json-items.ts";
import type { Call } from "../session/call.ts";
import { startingText, tellProgress } from "../session/own-progress.ts";
import { sharedCapabilities } from "../upstream/handshake.ts";
import { isWell } from "./health.ts";
import { type InstanceClient, SessionOwner } from "./session-owner.ts";
import { Slot } from "./slot.ts";
import type { InstanceWatch, Lease } from "./slot-types.ts";
import {
  type InstanceEvents,
  prepareInstance,
  type RunningInstance,
  type StartPlan,
  type StartTarget,
  startInstance,
} from "./start-instance.ts";
import type { StartLimiter } from "./start-limiter.ts";
import type { StartNews } from "./start-news.ts";

export interface PoolSettings {
  readonly idleTimeoutMs: number;
  readonly maxWaiters: number;
  readonly drainTimeoutMs: number;
  readonly limiter: StartLimiter;
  readonly emit: GatewayListener;
  /** A number that no other instance of this gateway has. */
  readonly instanceNumber: () => number;
  /** Whether a session still lives: one that has ended starts nothing. */
  readonly isLive: (session: string) => boolean;
  /** The client of a session, to whom everything goes that an instance of its own says. */
  readonly client: (session: string) => InstanceClient | undefined;
  /** A list or a resource of the server has changed; `session` is empty for a shared instance. */
  onChange(session: string, frame: Frame): void;
  onReady(session: string, instance: RunningInstance): void;
  /** The server's description of one of its tools, if it is known. */
  tool(session: string, name: string): Promise<ListedItem | undefined>;
}

export interface UseOptions {
  /** The client's call that the use is for: it hears of a slow start, and can give up. */
  readonly call?: Call | undefined;
  /** Whether a client waits. Default: when there is a call. */
  readonly urgent?: boolean | undefined;
}

/** The session under which everybody shares one instance. */
const everybody = "";

/** The instances of one server: one for everybody, or one for each session. */
export class Instances {
  readonly #plan: StartPlan;
  readonly #settings: PoolSettings;
  readonly #slots = new Map<string, Slot>();
  readonly #checked = new Set<RunningInstance>();
  #ended: OmgError | undefined;

  constructor(plan: StartPlan, settings: PoolSettings) {
    this.#plan = plan;
    this.#settings = settings;
  }

  get slots(): Slot[] {
    return [...this.#slots.values()];
  }

  /** What the one instance is doing, or of several the one that says most. */
  get state(): ServerState {
    const states = new Set(this.slots.map((slot) => slot.state));
    return busiestFirst.find((state) => states.has(state)) ?? "stopped";
  }

  /** Runs `action` on a ready instance, started if need be, which stays awake until the action is done. */
  async use<T>(
    session: string,
    action: (instance: RunningInstance) => Promise<T>,
    { call, urgent = call !== undefined }: UseOptions = {},
  ): Promise<T> {
    const lease = this.leaseNow(session) ?? (await this.lease(session, { call, urgent }));
    try {
      return await action(lease.instance);
    } finally {
      lease.release();
    }
  }

  /** A ready instance, held awake until it is released; `undefined` unless there is one now. */
  leaseNow(session: string): Lease | undefined {
    return this.#slots.get(this.#key(session))?.leaseNow();
  }

  /** A ready instance, started if need be, held awake until it is released. */
  async lease(session: string, { call, urgent = call !== undefined }: UseOptions): Promise<Lease> {
    const slot = this.#slot(session);
    const { clock, config } = this.#plan;
    const onWait = call && ((giveUp: (error: OmgError) => void) => call.holdBy({ giveUp }));
    const leased = slot.lease({ urgent, onWait });
    const quiet = call && tellProgress(call, startingText(config.id), clock, slot.news);
    try {
      return await leased;
    } finally {
      quiet?.();
      call?.holdBy(undefined);
    }
  }

  /** What is said of the start that the session waits for. */
  startNews(session: string): StartNews {
    return this.#slot(session).news;
  }

  /** The session's instance, if it runs and takes calls. */
  ready(session: string): RunningInstance | undefined {
    const slot = this.#slots.get(this.#key(session));
    return slot?.state === "ready" ? slot.instance : undefined;
  }

  /** Everything that runs and takes calls, with the session it is for. */
  get allReady(): [session: string, instance: RunningInstance][] {
    return [...this.#slots].flatMap(([session, { state, instance }]) =>
      state === "ready" && instance ? [[session, instance] as [string, RunningInstance]] : [],
    );
  }

  /** Keeps the session's instance awake, started now if it is not running, until the returned function is called. */
  hold(session: string): () => void {
    const slot = this.#slot(session);
    slot.hold();
    void this.#startQuietly(slot);
    return () => slot.unhold();
  }

  start(): Promise<boolean> {
    return this.#slot(everybody).startNow();
  }

  async stop(why: OmgError): Promise<boolean> {
    const stopped = await Promise.all(this.slots.map((slot) => slot.stop(why)));
    return stopped.includes(true);
  }

  /** Stops what belongs to one session alone, and forgets what it left on a shared instance. */
  async endSession(session: string, why: OmgError): Promise<void> {
    if (session === everybody) return;
    this.#slots.get(everybody)?.instance?.upstream.endSession(session);
    const slot = this.#slots.get(session);
    this.#slots.delete(session);
    await slot?.dispose(why);
  }

  async dispose(why: OmgError): Promise<void> {
    this.#ended = why;
    await Promise.all(this.slots.map((slot) => slot.dispose(why)));
  }

  /** Pings what runs and is not in use; an instance that does not answer is stopped, to be started anew. */
  async checkHealth(why: OmgError): Promise<void> {
    await Promise.all(
      this.slots.map(async (slot) => {
        const { instance } = slot;
        if (!instance || this.#checked.has(instance) || instance.upstream.callsInFlight > 0) return;
        this.#checked.add(instance);
        const well = await isWell(instance, this.#plan.clock);
        this.#checked.delete(instance);
        if (well || slot.instance !== instance) return;
        await slot.stop(why);
        if (slot.isHeld) await this.#startQuietly(slot);
      }),
    );
  }

  /** For what nobody waits for: a failure shows in the slot's state. */
  async #startQuietly(slot: Slot): Promise<void> {
    await slot.lease({ urgent: false }).then(
      (lease) => lease.release(),
      () => {},
    );
  }

  #key(session: string): string {
    return this.#plan.config.scope === "session" ? session : everybody;
  }

  #slot(session: string): Slot {
    const key = this.#key(session);
    let slot = this.#slots.get(key);
    if (slot) return slot;
    if (this.#ended) throw this.#ended;
    if (key !== everybody && !this.#settings.isLive(key)) throw sessionOverError(this.#plan.config.id);
    slot = this.#newSlot(key);
    this.#slots.set(key, slot);
    return slot;
  }

  #newSlot(session: string): Slot {
    const plan = this.#plan;
    const { limiter, instanceNumber } = this.#settings;
    const server = plan.config.id;
    let startedAt = 0;
    const slot: Slot = new Slot(
      { ...this.#settings, server },
      {
        onUrgent: () => limiter.review(),
        start: async (signal, watch) => {
          const instanceId = `${plan.owner}-${readable(server)}-${instanceNumber()}`;
          const owner = session === everybody ? undefined : this.#ownerOf(session);
          const target: StartTarget = {
            instanceId,
            session: session || undefined,
            owner,
            capabilities: owner?.capabilities ?? sharedCapabilities,
            signal,
          };
          const events = this.#events(session, watch, slot.news);
          try {
            await prepareInstance(plan, target, events);
            // Whoever was told what is fetched would take it for being fetched still.
            if (slot.news.latest !== undefined) slot.news.say(startingText(server));
            const start = () => {
              startedAt = plan.clock.now();
              return startInstance(plan, target, events);
            };
            return await limiter.run(() => slot.urgent, start);
          } finally {
            slot.news.clear();
          }
        },
        onState: (from, to, why) => {
          const ready = to === "ready" && {
            instance: slot.instance?.id,
            startMs: plan.clock.now() - startedAt,
          };
          this.#settings.emit({ type: "server-state", server, from, to, why, ...ready });
          if (to === "ready" && slot.instance) this.#settings.onReady(session, slot.instance);
        },
      },
      plan.clock,
    );
    return slot;
  }

  #ownerOf(session: string): SessionOwner {
    return new SessionOwner(this.#plan.config.id, session, this.#settings);
  }

  #events(session: string, watch: InstanceWatch, news: StartNews): InstanceEvents {
    const { emit, onChange, tool } = this.#settings;
    const server = this.#plan.config.id;
    return {
      ...watch,
      onLog: (line) => emit({ type: "server-log", server, line }),
      onProgress(message) {
        emit({ type: "server-progress", server, message });
        news.say(message);
      },
      onDropped: (what) => emit({ type: "frame-dropped", server, what }),
      onChange: (frame) => onChange(session, frame),
      tool: (name) => tool(session, name),
    };
  }
}

const busiestFirst: readonly ServerState[] = [
  "ready",
  "starting",
  "draining",
  "stopping",
  "backoff",
  "failed",
  "stopped",
];

/** A part of an instance id for people: safe as file, container and pod name, but not unique. */
function readable(id: string): string {
  const plain = id.toLowerCase().replace(/[^a-z0-9]+/g, "-");
  return plain.slice(0, 20).replace(/^-|-$/g, "") || "server";
}

function sessionOverError(server: string): OmgError {
  return new OmgError("cancelled", { server, message: "The session has ended" });
}

import { isUtf8 } from "node:buffer";
import type { ServerConfig } from "../config/types.ts";
import type { ServerState, ServerStatus } from "../gateway/types.ts";
import { OmgError } from "../runtime/errors.ts";
import type { Frame } from "../runtime/frame.ts";
import type { Call } from "../session/call.ts";
import { Instances, type PoolSettings, type UseOptions } from "./instances.ts";
import type { RunningInstance, StartPlan } from "./start-instance.ts";

/** One server of the catalog: its entry, its instances, its figures. */
export class PooledServer {
  readonly config: ServerConfig;
  readonly #plan: StartPlan | undefined;
  readonly #instances: Instances | undefined;
  readonly #settings: PoolSettings;
  #requests = 0;
  #errors = 0;
  #callsInFlight = 0;
  #startedAt: Date | undefined;
  #lastActivity: Date | undefined;

  /** Without a plan the server is disabled; `config.problem` says why. */
  constructor(config: ServerConfig, plan: StartPlan | undefined, settings: PoolSettings) {
    this.config = config;
    this.#plan = plan;
    this.#settings = settings;
    this.#instances =
      plan &&
      new Instances(plan, {
        ...settings,
        onReady: (server, session) => {
          this.#startedAt = plan.clock.date();
          settings.onReady(server, session);
        },
      });
  }

  get id(): string {
    return this.config.id;
  }

  get state(): ServerState {
    return this.#instances?.state ?? "disabled";
  }

  status(): ServerStatus {
    const slots = this.#instances?.slots ?? [];
    const running = slots.filter(({ instance }) => instance);
    return {
      config: this.config,
      state: this.state,
      problem: this.config.problem ?? slots.find(({ problem }) => problem)?.problem?.message,
      startedAt: running.length > 0 ? this.#startedAt : undefined,
      lastActivity: this.#lastActivity,
      requestCount: this.#requests,
      errorCount: this.#errors,
      callsInFlight: this.#callsInFlight,
      instances: running.length,
      instance: this.config.scope === "session" ? undefined : running[0]?.instance?.id,
    };
  }

  /** Sends a client's request to an instance, which is started if need be. */
  async forward(call: Call, edits?: { name?: string; uri?: string }): Promise<Frame> {
    const { clock } = this.#mustBeUsable().plan;
    mustBeUtf8(call.frame);
    const startedAt = clock.now();
    this.#requests++;
    this.#callsInFlight++;
    this.#lastActivity = clock.date();
    let error: OmgError | undefined;
    try {
      const answer = await this.use(call.session, ({ upstream }) => upstream.forward(call, edits), { call });
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

  /** Runs `action` on a ready instance, started if need be, which stays awake until the action is done. */
  async use<T>(
    session: string,
    action: (instance: RunningInstance) => Promise<T>,
    options?: UseOptions,
  ): Promise<T> {
    return this.#mustBeUsable().instances.use(session, action, options);
  }

  /** Whether an instance runs for this session and takes calls. */
  isReady(session: string): boolean {
    return this.#instances?.ready(session) !== undefined;
  }

  /** Sends a notification if an instance runs: it never starts one, and nobody waits to hear that it was dropped. */
  notify(session: string, frame: Frame): void {
    if (!isUtf8(frame.bytes)) {
      this.#settings.emit({
        type: "frame-dropped",
        server: this.id,
        what: "a notification that is not UTF-8",
      });
      return;
    }
    this.#instances?.ready(session)?.upstream.notify(frame);
  }

  /** Starts the shared instance now. Resolves with whether it had to. */
  async start(): Promise<boolean> {
    const { instances } = this.#mustBeUsable();
    if (this.config.scope !== "session") return instances.start();
    throw new OmgError("bad_params", {
      server: this.id,
      message: `Server '${this.id}' has scope: session; it starts with a client's session, not by hand`,
    });
  }

  async stop(why: OmgError): Promise<boolean> {
    return (await this.#instances?.stop(why)) ?? false;
  }

  /** Stops what belongs to one session alone. */
  async endSession(session: string, why: OmgError): Promise<void> {
    await this.#instances?.endSession(session, why);
  }

  async dispose(why: OmgError): Promise<void> {
    await this.#instances?.dispose(why);
  }

  /** Pings what runs and is not in use; an instance that does not answer is stopped, to be started anew. */
  async checkHealth(): Promise<void> {
    const message = `Server '${this.id}' failed its health check`;
    await this.#instances?.checkHealth(new OmgError("upstream_closed", { server: this.id, message }));
  }

  #mustBeUsable(): { plan: StartPlan; instances: Instances } {
    if (this.#plan && this.#instances) return { plan: this.#plan, instances: this.#instances };
    throw new OmgError("server_disabled", {
      server: this.id,
      message: `Server '${this.id}' is disabled: ${this.config.problem ?? "its entry is not usable"}`,
    });
  }
}

/** A strict server would end over it, and take everyone else's calls along. */
function mustBeUtf8(frame: Frame): void {
  if (isUtf8(frame.bytes)) return;
  throw new OmgError("parse_error", { message: "Parse error: the message is not UTF-8" });
}

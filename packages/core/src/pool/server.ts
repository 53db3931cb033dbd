import { isUtf8 } from "node:buffer";
import type { Clock } from "../clock.ts";
import type { ServerConfig } from "../config/types.ts";
import type { PlannedServer } from "../gateway/plan-server.ts";
import type { ServerState, ServerStatus } from "../gateway/types.ts";
import type { ToolGuard } from "../pins/tool-guard.ts";
import { OmgError } from "../runtime/errors.ts";
import type { Frame } from "../runtime/frame.ts";
import type { ListedItem } from "../runtime/json-items.ts";
import type { Call } from "../session/call.ts";
import { checkRepeated } from "../upstream/repeated-arguments.ts";
import type { Edits } from "../upstream/upstream-types.ts";
import { Instances, type PoolSettings, type UseOptions } from "./instances.ts";
import type { Lease } from "./slot-types.ts";
import type { RunningInstance, StartPlan } from "./start-instance.ts";
import type { StartNews } from "./start-news.ts";

export interface ServerSettings extends Omit<PoolSettings, "onChange" | "onReady" | "tool"> {
  readonly clock: Clock;
  /** A list or a resource of the server has changed; `session` is empty for a shared instance. */
  onChange(server: PooledServer, session: string, frame: Frame): void;
  onReady(server: PooledServer, session: string, instance: RunningInstance): void;
  /** Stands between clients and the tools of some servers. Absent: of none. */
  readonly guard?: ToolGuard | undefined;
  /** The server's description of one of its tools, if it is known; `anew`: whatever is remembered. */
  tool(server: PooledServer, session: string, name: string, anew?: boolean): Promise<ListedItem | undefined>;
}

/** What a server has done so far; it outlives a change of the server's entry. */
interface Figures {
  requests: number;
  errors: number;
  callsInFlight: number;
  /** By the clock. */
  lastActivity: number | undefined;
}

/** One server of the catalog: its entry, its instances, its figures. */
export class PooledServer {
  /** Equal for entries whose servers run in the same way. */
  readonly fingerprint: string;
  /** Why a newer entry of this server could not take the place of this one. */
  newerProblem: string | undefined;
  #config: ServerConfig;
  readonly #plan: StartPlan | undefined;
  readonly #instances: Instances | undefined;
  readonly #settings: ServerSettings;
  readonly #figures: Figures;
  #startedAt: Date | undefined;
  /** Actions under way on an instance, or waiting for one. */
  #uses = 0;
  #onUnused = () => {};

  /** Without a plan the server is disabled; `config.problem` says why. Takes over the figures of its `predecessor`. */
  constructor(planned: PlannedServer, settings: ServerSettings, predecessor?: PooledServer) {
    const { config, fingerprint, plan } = planned;
    this.#config = config;
    this.fingerprint = fingerprint;
    this.#plan = plan;
    this.#settings = settings;
    this.#figures = predecessor ? predecessor.#figures : newFigures();
    this.#instances =
      plan &&
      new Instances(plan, {
        ...settings,
        onChange: (session, frame) => settings.onChange(this, session, frame),
        tool: (session, name) => settings.tool(this, session, name),
        onReady: (session, instance) => {
          this.#startedAt = plan.clock.date();
          settings.onReady(this, session, instance);
        },
      });
  }

  get config(): ServerConfig {
    return this.#config;
  }

  /** Takes another entry of the same fingerprint, which shows the server otherwise. */
  showAs(config: ServerConfig): void {
    this.#config = config;
  }

  get id(): string {
    return this.config.id;
  }

  get state(): ServerState {
    return this.#problem === undefined ? (this.#instances?.state ?? "disabled") : "disabled";
  }

  /** Whether its entry says how to start it. */
  get usable(): boolean {
    return this.#plan !== undefined;
  }

  status(): ServerStatus {
    const slots = this.#instances?.slots ?? [];
    const running = slots.filter(({ instance }) => instance);
    const failure = slots.find(({ problem }) => problem)?.problem?.message;
    const { requests, errors, callsInFlight, lastActivity } = this.#figures;
    return {
      config: this.config,
      state: this.state,
      problem: this.#problem ?? failure ?? this.newerProblem,
      startedAt: running.length > 0 ? this.#startedAt : undefined,
      lastActivity: lastActivity === undefined ? undefined : this.#dateOf(lastActivity),
      requestCount: requests,
      errorCount: errors,
      callsInFlight,
      instances: running.length,
      instance: this.isPerSession ? undefined : running[0]?.instance?.id,
    };
  }

  /** Sends a client's request to an instance, which is started if need be. */
  async forward(call: Call, edits?: Edits): Promise<Frame> {
    const { plan, instances } = this.#mustBeUsable();
    const { clock } = plan;
    mustBeUtf8(call.frame);
    const { method = "" } = call.frame.head;
    const startedAt = clock.now();
    const figures = this.#figures;
    figures.requests++;
    figures.callsInFlight++;
    figures.lastActivity = startedAt;
    this.#uses++;
    let error: OmgError | undefined;
    let lease: Lease | undefined;
    try {
      lease = instances.leaseNow(call.seat) ?? (await instances.lease(call.seat, { call }));
      const { upstream } = lease.instance;
      if (call.headers && !upstream.seesHeaders) await this.#checkHeaders(call, edits);
      const admitted = this.#admit(call, edits);
      if (admitted) await admitted;
      let answer: Frame;
      try {
        answer = await upstream.forward(call, edits);
      } catch (thrown) {
        if (!OmgError.is(thrown) || !thrown.isSessionLost || call.cancelled) throw thrown;
        answer = await this.#again(call, edits);
      }
      if (answer.head.kind === "error") figures.errors++;
      // Looked up now: the policy may have changed meanwhile.
      const filter = method === "tools/list" ? this.#guard : undefined;
      return filter ? filter.filter(this, call.seat, answer) : answer;
    } catch (thrown) {
      figures.errors++;
      if (OmgError.is(thrown)) error = thrown;
      throw thrown;
    } finally {
      lease?.release();
      this.#unuse();
      figures.callsInFlight--;
      figures.lastActivity = clock.now();
      const durationMs = figures.lastActivity - startedAt;
      const { session } = call;
      this.#settings.emit({ type: "call-end", server: this.id, method, session, durationMs, error });
    }
  }

  #checkHeaders(call: Call, edits: Edits | undefined): Promise<void> {
    const { name = "" } = call.frame.head;
    return checkRepeated(call, (anew) => this.#settings.tool(this, call.seat, edits?.name ?? name, anew));
  }

  /** Once more, in a new session: the server did not look at the request, since it has forgotten the old one. */
  #again(call: Call, edits: Edits | undefined): Promise<Frame> {
    const { instances } = this.#mustBeUsable();
    const action = async ({ upstream }: RunningInstance) => {
      await this.#admit(call, edits);
      return upstream.forward(call, edits);
    };
    return instances.use(call.seat, action, { call });
  }

  /** Rejects what the guard of its tools does not let through; nothing to wait for where there is none. */
  #admit(call: Call, edits: Edits | undefined): Promise<void> | undefined {
    const { method, name } = call.frame.head;
    return method === "tools/call" ? this.#guard?.admit(this, call.seat, edits?.name ?? name) : undefined;
  }

  /** Runs `action` on a ready instance, started if need be, which stays awake until the action is done. */
  async use<T>(
    session: string,
    action: (instance: RunningInstance) => Promise<T>,
    options?: UseOptions,
  ): Promise<T> {
    const { instances } = this.#mustBeUsable();
    this.#uses++;
    try {
      return await instances.use(session, action, options);
    } finally {
      this.#unuse();
    }
  }

  /** Whether each session has an instance for itself. */
  get isPerSession(): boolean {
    return this.config.scope === "session";
  }

  /** What is said of the start that a session waits for. */
  startNews(session: string): StartNews {
    return this.#mustBeUsable().instances.startNews(session);
  }

  /** The instance that runs for this session and takes calls, if there is one. */
  ready(session: string): RunningInstance | undefined {
    return this.#instances?.ready(session);
  }

  /** Everything that runs and takes calls, with the session it is for; it is empty for a shared instance. */
  get allReady(): [session: string, instance: RunningInstance][] {
    return this.#instances?.allReady ?? [];
  }

  /** Keeps an instance awake, started now if it is not running, until the returned function is called. */
  hold(session: string): () => void {
    return this.#mustBeUsable().instances.hold(session);
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
    this.#instances?.ready(session)?.upstream.relay(frame);
  }

  /** Starts the shared instance now. Resolves with whether it had to. */
  async start(): Promise<boolean> {
    const { instances } = this.#mustBeUsable();
    this.mustBeShared();
    this.#uses++;
    try {
      return await instances.start();
    } finally {
      this.#unuse();
    }
  }

  mustBeShared(): void {
    if (!this.isPerSession) return;
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

  /** Lets what was begun finish, for `timeoutMs` at most, then ends everything for good. Nothing new may come. */
  async retire(why: OmgError, timeoutMs: number): Promise<void> {
    if (this.#uses > 0) {
      await new Promise<void>((resolve) => {
        const stopTimer = this.#settings.clock.after(timeoutMs, resolve);
        this.#onUnused = () => {
          stopTimer();
          resolve();
        };
      });
    }
    await this.dispose(why);
  }

  /** Ends everything now and for good; who waits, and who still comes, gets `why`. */
  async dispose(why: OmgError): Promise<void> {
    await this.#instances?.dispose(why);
    this.#onUnused();
  }

  /** Pings what runs and is not in use; an instance that does not answer is stopped, to be started anew. */
  async checkHealth(): Promise<void> {
    const message = `Server '${this.id}' failed its health check`;
    await this.#instances?.checkHealth(new OmgError("upstream_closed", { server: this.id, message }));
  }

  #unuse(): void {
    this.#uses--;
    if (this.#uses === 0) this.#onUnused();
  }

  /** Wall time for people, made only when one asks. */
  #dateOf(moment: number): Date {
    const { clock } = this.#settings;
    return new Date(clock.date().getTime() - (clock.now() - moment));
  }

  /** What stands between clients and its tools, if anything does. */
  get #guard(): ToolGuard | undefined {
    const { guard } = this.#settings;
    return guard?.guards(this.id) ? guard : undefined;
  }

  /** Why it can not be used. */
  get #problem(): string | undefined {
    return this.config.problem ?? this.#settings.guard?.problem(this.id);
  }

  #mustBeUsable(): { plan: StartPlan; instances: Instances } {
    const problem = this.#problem;
    if (this.#plan && this.#instances && problem === undefined)
      return { plan: this.#plan, instances: this.#instances };
    throw new OmgError("server_disabled", {
      server: this.id,
      message: `Server '${this.id}' is disabled: ${problem ?? "its entry is not usable"}`,
    });
  }
}

function newFigures(): Figures {
  return { requests: 0, errors: 0, callsInFlight: 0, lastActivity: undefined };
}

/** A strict server would end over it, and take everyone else's calls along. */
function mustBeUtf8(frame: Frame): void {
  if (isUtf8(frame.bytes)) return;
  throw new OmgError("parse_error", { message: "Parse error: the message is not UTF-8" });
}

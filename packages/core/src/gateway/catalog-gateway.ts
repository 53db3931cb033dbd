import type { Clock } from "../clock.ts";
import type { GatewayConfig } from "../config/types.ts";
import { ModernClients } from "../modern/modern-clients.ts";
import type { ServerPins } from "../pins/types.ts";
import type { PooledServer, ServerSettings } from "../pool/server.ts";
import { StartLimiter } from "../pool/start-limiter.ts";
import type { Catalog } from "../router/catalog.ts";
import type { Endpoint } from "../router/endpoint.ts";
import { endpointOf } from "../router/endpoints.ts";
import { Subscriptions } from "../router/subscriptions.ts";
import type { Frame } from "../runtime/frame.ts";
import type { Transport } from "../runtime/transport.ts";
import type { RuntimeV1, StateStore } from "../runtime/v1.ts";
import { ClientSession } from "../session/session.ts";
import { Admission } from "./admission.ts";
import { ClientSessions } from "./client-sessions.ts";
import { DirectRequests } from "./direct-requests.ts";
import type { GatewayListener } from "./events.ts";
import { drainingError, stoppedByHandError } from "./gateway-errors.ts";
import { HealthChecks } from "./health-checks.ts";
import { LogLevels } from "./log-levels.ts";
import { Offers } from "./offers.ts";
import type { PlannedServer } from "./plan-server.ts";
import { Planner } from "./planner.ts";
import { ServerSet } from "./server-set.ts";
import type {
  ConnectOptions,
  ExchangeOptions,
  Gateway,
  GatewayStats,
  ReloadReport,
  RequestOptions,
  ServerStatus,
  Session,
} from "./types.ts";

export interface GatewayParts {
  /** What counts as long as the gateway lives; the servers of a reload come with it. */
  readonly config: GatewayConfig;
  readonly clock: Clock;
  readonly emit: GatewayListener;
  readonly hostEnv: Readonly<Record<string, string | undefined>>;
  readonly store: StateStore;
  readonly fingerprintKey: string;
  readonly owner: string;
}

const maxConcurrentStarts = 8;
const maxWaiters = 1024;
const drainTimeoutMs = 30_000;

/** The gateway of one catalog: sessions in front, servers behind, and what they have to do with each other. */
export class CatalogGateway implements Gateway {
  readonly #config: GatewayConfig;
  readonly #clock: Clock;
  readonly #emit: GatewayListener;
  readonly #planner: Planner;
  readonly #offers: Offers;
  readonly #servers: ServerSet;
  readonly #admission = new Admission();
  readonly #limiter = new StartLimiter(maxConcurrentStarts);
  readonly #sessions = new ClientSessions();
  readonly #levels: LogLevels;
  readonly #subscriptions: Subscriptions;
  readonly #direct: DirectRequests;
  readonly #modern: ModernClients;
  readonly #health: HealthChecks;
  readonly #startedAt: Date;
  #instances = 0;
  #droppedFrames = 0;
  #reloading: Promise<unknown> = Promise.resolve();
  #disposing: Promise<void> | undefined;

  constructor(parts: GatewayParts) {
    const { clock, config, store } = parts;
    const emit: GatewayListener = (event) => {
      if (event.type === "frame-dropped") this.#droppedFrames++;
      parts.emit(event);
    };
    this.#config = config;
    this.#planner = new Planner({ ...parts, emit });
    this.#clock = clock;
    this.#emit = emit;
    this.#startedAt = clock.date();
    this.#levels = new LogLevels(this.#sessions);
    this.#subscriptions = new Subscriptions((server, error) =>
      emit({ type: "server-warning", server, message: `A subscription failed: ${(error as Error).message}` }),
    );
    const onChange = (session: string) => this.#announceSoon(session);
    this.#offers = new Offers({ config, clock, store, emit, maxWaiters, onChange });
    this.#servers = new ServerSet(this.#catalog, (planned) => this.#serverSettings(planned));
    this.#direct = new DirectRequests({
      catalog: this.#catalog,
      admission: this.#admission,
      onEnd: (session) => void this.#forgetSession(session),
    });
    this.#modern = new ModernClients({
      clock,
      admission: this.#admission,
      endpoint: (session, server) => this.#endpoint(session, server),
      wantLogs: ({ id, endpoint, call }, level) =>
        this.#levels.want(endpoint.target(call.frame), { session: id, level }),
      onEnd: ({ id, leavesTraces }) => {
        // Most calls leave nothing behind, and looking at every server for each would cost more than the call.
        if (leavesTraces) void this.#forgetSession(id);
      },
      onSessionEnd: (session) => void this.#forgetSession(session),
      onInternalError: (error) => emit({ type: "internal-error", error }),
    });
    this.#health = new HealthChecks(this.#catalog, {
      clock,
      emit,
      everySeconds: config.health_check_interval_seconds,
    });
  }

  get #catalog(): Catalog {
    return this.#offers.catalog;
  }

  /** Sets the first catalog up. */
  async open(config: GatewayConfig, runtimes: readonly RuntimeV1[]): Promise<void> {
    const planned = await this.#planner.plan(config, runtimes);
    this.#offers.takePins(config, this.#servers.all);
    this.#servers.apply(planned);
  }

  reload(config: GatewayConfig, runtimes: readonly RuntimeV1[] = []): Promise<ReloadReport> {
    const report = this.#reloading.then(() => this.#reload(config, runtimes));
    this.#reloading = report.catch(() => {});
    return report;
  }

  get draining(): boolean {
    return this.#admission.closed;
  }

  async connect(transport: Transport, options: ConnectOptions = {}): Promise<Session> {
    this.#admission.mustBeOpen();
    const { server, principal } = options;
    if (server !== undefined) this.#catalog.mustFind(server);
    const session = new ClientSession(
      transport,
      {
        clock: this.#clock,
        onLogLevel: () => this.#levels.changed(this.#catalog.servers),
        onDropped: (session, what) => this.#emit({ type: "frame-dropped", session, what }),
        exchange: (frame, { session, ...how }) =>
          this.#modern.exchange(frame, { ...how, server, principal: principal ?? session }),
        onRequest: () => this.#admission.enter(),
        onAnswer: () => this.#admission.leave(),
        onEnd: (id) => this.#endSession(id),
        onInternalError: (error) => this.#emit({ type: "internal-error", error }),
      },
      (session) => this.#endpoint(session, server),
    );
    this.#sessions.add(session, server);
    this.#emit({ type: "session-start", session: session.id, server });
    try {
      await session.start();
    } catch (error) {
      await session.close();
      throw error;
    }
    return session;
  }

  request(server: string, frame: Frame, options: RequestOptions = {}): Promise<Frame> {
    return this.#direct.request(server, frame, options);
  }

  exchange(frame: Frame, options: ExchangeOptions): Promise<Frame> {
    return this.#modern.exchange(frame, options);
  }

  servers(): ServerStatus[] {
    return this.#catalog.servers.map((server) => this.#offers.status(server));
  }

  server(id: string): ServerStatus | undefined {
    const server = this.#catalog.get(id);
    return server && this.#offers.status(server);
  }

  async startServer(id: string): Promise<boolean> {
    const server = this.#catalog.mustFind(id);
    this.#admission.mustBeOpen();
    return server.start();
  }

  async stopServer(id: string): Promise<boolean> {
    return this.#catalog.mustFind(id).stop(stoppedByHandError(id));
  }

  async warmServer(id: string): Promise<number> {
    const server = this.#catalog.mustFind(id);
    this.#admission.mustBeOpen();
    return this.#offers.countTools(server);
  }

  async toolPins(id: string): Promise<ServerPins> {
    const server = this.#catalog.mustFind(id);
    this.#admission.mustBeOpen();
    return this.#direct.inSession((session) => this.#offers.pinsNow(server, session));
  }

  stats(): GatewayStats {
    return {
      startedAt: this.#startedAt,
      totalRequests: this.#admission.total,
      sessions: this.#sessions.size,
      heldCalls: this.#modern.heldCalls,
      droppedFrames: this.#droppedFrames,
    };
  }

  async drain(timeoutMs = 25_000): Promise<void> {
    this.#admission.close();
    this.#modern.drain(drainingError());
    await this.#admission.empty(timeoutMs, this.#clock);
  }

  [Symbol.asyncDispose](): Promise<void> {
    this.#disposing ??= this.#dispose();
    return this.#disposing;
  }

  async #dispose(): Promise<void> {
    this.#admission.close();
    this.#health.end();
    this.#modern.drain(drainingError());
    await this.#sessions.close();
    await this.#servers.dispose(drainingError());
    await this.#planner[Symbol.asyncDispose]();
  }

  async #reload(config: GatewayConfig, runtimes: readonly RuntimeV1[]): Promise<ReloadReport> {
    const planned = await this.#planner.plan(config, runtimes);
    this.#admission.mustBeOpen();
    this.#offers.takePins(config, this.#servers.all);
    const report = this.#servers.apply(planned);
    this.#offers.compare();
    this.#subscriptions.reloaded((id) => this.#catalog.get(id));
    this.#emit({ type: "catalog-reload", ...report });
    this.#announceSoon("");
    return report;
  }

  #serverSettings({ config }: PlannedServer): ServerSettings {
    const { idle_timeout_seconds } = this.#config;
    return {
      idleTimeoutMs: (config.idle_timeout_seconds ?? idle_timeout_seconds ?? 300) * 1000,
      maxWaiters,
      drainTimeoutMs,
      limiter: this.#limiter,
      clock: this.#clock,
      emit: this.#emit,
      instanceNumber: () => ++this.#instances,
      isLive: (session) =>
        this.#sessions.has(session) || this.#direct.has(session) || this.#modern.mayStart(session),
      client: (session) => this.#sessions.get(session) ?? this.#modern.client(session),
      guard: this.#offers.guard,
      onChange: (from, session, frame) => this.#changed(from, session, frame),
      tool: (server, session, name, anew) => this.#offers.memory.tool(server, session, name, anew),
      onReady: (server, session, instance) => {
        this.#offers.memory.started(server, session);
        void this.#levels.tell(server, session, instance);
        void this.#subscriptions.ready(server, session, instance);
      },
    };
  }

  #endpoint(session: string, server: string | undefined): Endpoint {
    const parts = { catalog: this.#catalog, subscriptions: this.#subscriptions, clock: this.#clock };
    return endpointOf(parts, session, server);
  }

  async #endSession(id: string): Promise<void> {
    const hadLevel = this.#sessions.get(id)?.logLevel !== undefined;
    const server = this.#sessions.remove(id);
    this.#modern.endPrincipal(id);
    if (hadLevel) void this.#levels.changed(this.#catalog.servers);
    await this.#forgetSession(id);
    this.#emit({ type: "session-end", session: id, server });
  }

  async #forgetSession(id: string): Promise<void> {
    this.#catalog.forgetSession(id);
    this.#subscriptions.endSession(id);
    await this.#servers.endSession(id);
  }

  #changed(server: PooledServer, session: string, frame: Frame): void {
    const { method, uri } = frame.head;
    if (method === "notifications/resources/updated") {
      for (const id of this.#subscriptions.subscribers(server, session, uri ?? "")) {
        (this.#sessions.get(id) ?? this.#modern.listens.get(id))?.relay(server.id, frame);
      }
      return;
    }
    this.#offers.memory.invalidate(server, session);
    this.#sessions.listChanged(server.id, session, frame);
    this.#modern.listens.listChanged(server.id, session, frame);
  }

  /** Tells a session, or all if it is empty, which of its lists are old. */
  #announceSoon(session: string): void {
    this.#sessions.announceSoon(session);
    this.#modern.listens.announceSoon(session);
  }
}

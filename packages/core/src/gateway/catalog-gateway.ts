import type { Clock } from "../clock.ts";
import type { GatewayConfig } from "../config/types.ts";
import { ModernClients } from "../modern/modern-clients.ts";
import type { PooledServer, ServerSettings } from "../pool/server.ts";
import { StartLimiter } from "../pool/start-limiter.ts";
import { AggregateEndpoint } from "../router/aggregate.ts";
import { Catalog } from "../router/catalog.ts";
import type { Endpoint } from "../router/endpoint.ts";
import { ListingMemory } from "../router/listing-memory.ts";
import { Subscriptions } from "../router/subscriptions.ts";
import { TransparentEndpoint } from "../router/transparent.ts";
import type { Frame } from "../runtime/frame.ts";
import type { Transport } from "../runtime/transport.ts";
import type { RuntimeV1, StateStore } from "../runtime/v1.ts";
import { ClientSession } from "../session/session.ts";
import { Admission } from "./admission.ts";
import { ClientSessions } from "./client-sessions.ts";
import { DirectRequests } from "./direct-requests.ts";
import type { GatewayListener } from "./events.ts";
import { drainingError, stoppedByHandError } from "./gateway-errors.ts";
import { LogLevels } from "./log-levels.ts";
import { type PlannedServer, planServer } from "./plan-server.ts";
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
  readonly #parts: GatewayParts;
  readonly #clock: Clock;
  readonly #emit: GatewayListener;
  readonly #runtimes = new Map<string, RuntimeV1>();
  readonly #catalog: Catalog;
  readonly #servers: ServerSet;
  readonly #memory: ListingMemory;
  readonly #admission = new Admission();
  readonly #limiter = new StartLimiter(maxConcurrentStarts);
  readonly #sessions = new ClientSessions();
  readonly #levels: LogLevels;
  readonly #subscriptions: Subscriptions;
  readonly #direct: DirectRequests;
  readonly #modern: ModernClients;
  readonly #startedAt: Date;
  #instances = 0;
  #droppedFrames = 0;
  #stopHealthTimer = () => {};
  #reloading: Promise<unknown> = Promise.resolve();
  #disposing: Promise<void> | undefined;

  constructor(parts: GatewayParts) {
    const { clock, config, store } = parts;
    const emit: GatewayListener = (event) => {
      if (event.type === "frame-dropped") this.#droppedFrames++;
      parts.emit(event);
    };
    this.#parts = { ...parts, emit };
    this.#clock = clock;
    this.#emit = emit;
    this.#startedAt = clock.date();
    this.#levels = new LogLevels(this.#sessions);
    this.#subscriptions = new Subscriptions((server, error) =>
      emit({ type: "server-warning", server, message: `A subscription failed: ${(error as Error).message}` }),
    );
    const waitMs = (config.listing_wait_seconds ?? 3) * 1000;
    const onChange = (session: string) => this.#listingChanged(session);
    this.#memory = new ListingMemory({ clock, waitMs, store, emit, onChange });
    this.#catalog = new Catalog(this.#memory, emit);
    this.#servers = new ServerSet(this.#catalog, (planned) => this.#serverSettings(planned));
    this.#direct = new DirectRequests({
      catalog: this.#catalog,
      admission: this.#admission,
      onEnd: (session) => void this.#servers.endSession(session),
    });
    this.#modern = new ModernClients();
    this.#scheduleHealthChecks();
  }

  /** Sets the first catalog up. */
  async open(config: GatewayConfig, runtimes: readonly RuntimeV1[]): Promise<void> {
    this.#servers.apply(await this.#plan(config, runtimes));
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
    const { server } = options;
    if (server !== undefined) this.#catalog.mustFind(server);
    const endpoint = (session: string): Endpoint => {
      const parts = { catalog: this.#catalog, subscriptions: this.#subscriptions, session };
      return server === undefined
        ? new AggregateEndpoint({ ...parts, clock: this.#clock })
        : new TransparentEndpoint({ ...parts, server });
    };
    const session = new ClientSession(
      transport,
      {
        clock: this.#clock,
        onLogLevel: () => this.#levels.changed(this.#catalog.servers),
        onDropped: (session, what) => this.#emit({ type: "frame-dropped", session, what }),
        onRequest: () => this.#admission.enter(),
        onAnswer: () => this.#admission.leave(),
        onEnd: (id) => this.#endSession(id),
        onInternalError: (error) => this.#emit({ type: "internal-error", error }),
      },
      endpoint,
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
    return this.#catalog.servers.map((server) => server.status());
  }

  server(id: string): ServerStatus | undefined {
    return this.#catalog.get(id)?.status();
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
    return (await this.#memory.learnAnew(server)).tools.length;
  }

  stats(): GatewayStats {
    return {
      startedAt: this.#startedAt,
      totalRequests: this.#admission.total,
      sessions: this.#sessions.size,
      droppedFrames: this.#droppedFrames,
    };
  }

  async drain(timeoutMs = 25_000): Promise<void> {
    this.#admission.close();
    await this.#admission.empty(timeoutMs, this.#clock);
  }

  [Symbol.asyncDispose](): Promise<void> {
    this.#disposing ??= this.#dispose();
    return this.#disposing;
  }

  async #dispose(): Promise<void> {
    this.#admission.close();
    this.#stopHealthTimer();
    await this.#sessions.close();
    await this.#servers.dispose(drainingError());
    await Promise.all([...this.#runtimes.values()].map((runtime) => runtime[Symbol.asyncDispose]?.()));
  }

  async #reload(config: GatewayConfig, runtimes: readonly RuntimeV1[]): Promise<ReloadReport> {
    const planned = await this.#plan(config, runtimes);
    this.#admission.mustBeOpen();
    const report = this.#servers.apply(planned);
    this.#subscriptions.reloaded((id) => this.#catalog.get(id));
    this.#emit({ type: "catalog-reload", ...report });
    this.#sessions.announceSoon("");
    return report;
  }

  #plan(
    { servers, base_directory }: GatewayConfig,
    runtimes: readonly RuntimeV1[],
  ): Promise<PlannedServer[]> {
    for (const runtime of runtimes) {
      if (!this.#runtimes.has(runtime.name)) this.#runtimes.set(runtime.name, runtime);
    }
    const { config, ...parts } = this.#parts;
    const settings = {
      ...parts,
      config: { ...config, base_directory },
      runtimes: [...this.#runtimes.values()],
    };
    return Promise.all(servers.map((server) => planServer(server, settings)));
  }

  #serverSettings({ config }: PlannedServer): ServerSettings {
    const { idle_timeout_seconds } = this.#parts.config;
    return {
      idleTimeoutMs: (config.idle_timeout_seconds ?? idle_timeout_seconds ?? 300) * 1000,
      maxWaiters,
      drainTimeoutMs,
      limiter: this.#limiter,
      clock: this.#clock,
      emit: this.#emit,
      instanceNumber: () => ++this.#instances,
      isLive: (session) => this.#sessions.has(session) || this.#direct.has(session),
      client: (session) => this.#sessions.get(session),
      onChange: (from, session, frame) => this.#changed(from, session, frame),
      tool: (server, session, name) => this.#memory.tool(server, session, name),
      onReady: (server, session, instance) => {
        this.#memory.started(server, session);
        void this.#levels.tell(server, session, instance);
        void this.#subscriptions.ready(server, session, instance);
      },
    };
  }

  async #endSession(id: string): Promise<void> {
    const hadLevel = this.#sessions.get(id)?.logLevel !== undefined;
    const server = this.#sessions.remove(id);
    this.#catalog.forgetSession(id);
    this.#subscriptions.endSession(id);
    if (hadLevel) void this.#levels.changed(this.#catalog.servers);
    await this.#servers.endSession(id);
    this.#emit({ type: "session-end", session: id, server });
  }

  #changed(server: PooledServer, session: string, frame: Frame): void {
    const { method, uri } = frame.head;
    if (method === "notifications/resources/updated") {
      for (const id of this.#subscriptions.subscribers(server, session, uri ?? "")) {
        this.#sessions.get(id)?.relay(server.id, frame);
      }
      return;
    }
    this.#memory.invalidate(server, session);
    this.#sessions.listChanged(server.id, session, frame);
  }

  #listingChanged(session: string): void {
    this.#catalog.changed();
    this.#sessions.announceSoon(session);
  }

  #scheduleHealthChecks(): void {
    const everyMs = (this.#parts.config.health_check_interval_seconds ?? 30) * 1000;
    if (everyMs <= 0) return;
    this.#stopHealthTimer = this.#clock.after(everyMs, () => {
      this.#scheduleHealthChecks();
      for (const server of this.#catalog.servers) {
        server.checkHealth().catch((error) => this.#emit({ type: "internal-error", error }));
      }
    });
  }
}

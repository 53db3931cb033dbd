import { randomUUID } from "node:crypto";
import type { Clock } from "../clock.ts";
import type { GatewayConfig, ServerConfig } from "../config/types.ts";
import type { PoolSettings } from "../pool/instances.ts";
import { PooledServer } from "../pool/server.ts";
import { StartLimiter } from "../pool/start-limiter.ts";
import { AggregateEndpoint } from "../router/aggregate.ts";
import { Catalog } from "../router/catalog.ts";
import type { Endpoint } from "../router/endpoint.ts";
import { ListingMemory } from "../router/listing-memory.ts";
import { TransparentEndpoint } from "../router/transparent.ts";
import { OmgError } from "../runtime/errors.ts";
import { type Frame, rewriteFrame } from "../runtime/frame.ts";
import type { Transport } from "../runtime/transport.ts";
import type { RuntimeV1 } from "../runtime/v1.ts";
import { Call } from "../session/call.ts";
import { ClientSession } from "../session/session.ts";
import type { GatewayListener } from "./events.ts";
import type { PlannedServer } from "./plan-server.ts";
import type {
  ConnectOptions,
  Gateway,
  GatewayStats,
  RequestOptions,
  ServerStatus,
  Session,
} from "./types.ts";

export interface GatewayParts {
  readonly config: GatewayConfig;
  readonly clock: Clock;
  readonly emit: GatewayListener;
  readonly runtimes: readonly RuntimeV1[];
  readonly servers: readonly PlannedServer[];
}

const maxConcurrentStarts = 8;
const maxWaiters = 1024;
const maxCallsInFlight = 16_384;
const drainTimeoutMs = 30_000;
const announceDelayMs = 100;

/** The gateway of one catalog: sessions in front, servers behind, and what they have to do with each other. */
export class CatalogGateway implements Gateway {
  readonly #config: GatewayConfig;
  readonly #clock: Clock;
  readonly #emit: GatewayListener;
  readonly #runtimes: readonly RuntimeV1[];
  readonly #catalog: Catalog;
  readonly #memory: ListingMemory;
  readonly #limiter = new StartLimiter(maxConcurrentStarts);
  readonly #sessions = new Map<string, { session: ClientSession; server: string | undefined }>();
  /** Requests without a session, each under an id of its own. */
  readonly #direct = new Set<string>();
  readonly #startedAt: Date;
  #instances = 0;
  #requests = 0;
  #inFlight = 0;
  #whenDrained = () => {};
  #draining = false;
  #announcing = false;
  #stopHealthTimer = () => {};
  #disposing: Promise<void> | undefined;

  constructor({ config, clock, emit, runtimes, servers }: GatewayParts) {
    this.#config = config;
    this.#clock = clock;
    this.#emit = emit;
    this.#runtimes = runtimes;
    this.#startedAt = clock.date();
    const waitMs = (config.listing_wait_seconds ?? 3) * 1000;
    this.#memory = new ListingMemory(clock, waitMs, emit, (session) => this.#listingChanged(session));
    const pooled = servers.map(
      ({ config, plan }) => new PooledServer(config, plan, this.#poolSettings(config)),
    );
    this.#catalog = new Catalog(pooled, this.#memory, emit);
    this.#scheduleHealthChecks();
  }

  get draining(): boolean {
    return this.#draining;
  }

  async connect(transport: Transport, options: ConnectOptions = {}): Promise<Session> {
    if (this.#draining) throw drainingError();
    const server = options.server === undefined ? undefined : this.#mustFind(options.server);
    const endpoint = (session: string): Endpoint =>
      server
        ? new TransparentEndpoint(server, session)
        : new AggregateEndpoint(this.#catalog, session, this.#clock);
    const session = new ClientSession(
      transport,
      {
        onRequest: () => this.#admit(),
        onAnswer: () => this.#answered(),
        onEnd: (id) => this.#endSession(id),
        onInternalError: (error) => this.#emit({ type: "internal-error", error }),
      },
      endpoint,
    );
    this.#sessions.set(session.id, { session, server: options.server });
    this.#emit({ type: "session-start", session: session.id, server: options.server });
    try {
      await session.start();
    } catch (error) {
      await session.close();
      throw error;
    }
    return session;
  }

  async request(server: string, frame: Frame, options: RequestOptions = {}): Promise<Frame> {
    const pooled = this.#mustFind(server);
    this.#admit();
    const session = `direct-${randomUUID()}`;
    const call = new Call(frame, session);
    const cancel = () => call.cancel();
    options.signal?.addEventListener("abort", cancel, { once: true });
    if (options.signal?.aborted) cancel();
    this.#direct.add(session);
    try {
      const answer = await pooled.forward(call);
      return rewriteFrame(answer, frame.head.id === undefined ? {} : { id: frame.head.id });
    } finally {
      this.#direct.delete(session);
      options.signal?.removeEventListener("abort", cancel);
      this.#answered();
      void pooled.endSession(session, sessionEnded(server));
    }
  }

  servers(): ServerStatus[] {
    return this.#catalog.servers.map((server) => server.status());
  }

  server(id: string): ServerStatus | undefined {
    return this.#catalog.get(id)?.status();
  }

  async startServer(id: string): Promise<boolean> {
    const server = this.#mustFind(id);
    if (this.#draining) throw drainingError();
    return server.start();
  }

  async stopServer(id: string): Promise<boolean> {
    return this.#mustFind(id).stop(stoppedByHand(id));
  }

  stats(): GatewayStats {
    return { startedAt: this.#startedAt, totalRequests: this.#requests, sessions: this.#sessions.size };
  }

  async drain(timeoutMs = 25_000): Promise<void> {
    this.#draining = true;
    if (this.#inFlight === 0) return;
    await new Promise<void>((resolve) => {
      const stopTimer = this.#clock.after(timeoutMs, resolve);
      this.#whenDrained = () => {
        stopTimer();
        resolve();
      };
    });
  }

  [Symbol.asyncDispose](): Promise<void> {
    this.#disposing ??= this.#dispose();
    return this.#disposing;
  }

  async #dispose(): Promise<void> {
    this.#draining = true;
    this.#stopHealthTimer();
    await Promise.all([...this.#sessions.values()].map(({ session }) => session.close()));
    await Promise.all(this.#catalog.servers.map((server) => server.dispose(drainingError())));
    await Promise.all(this.#runtimes.map((runtime) => runtime[Symbol.asyncDispose]?.()));
  }

  #poolSettings(server: ServerConfig): PoolSettings {
    return {
      idleTimeoutMs: (server.idle_timeout_seconds ?? this.#config.idle_timeout_seconds ?? 300) * 1000,
      maxWaiters,
      drainTimeoutMs,
      limiter: this.#limiter,
      emit: this.#emit,
      instanceNumber: () => ++this.#instances,
      isLive: (session) => this.#sessions.has(session) || this.#direct.has(session),
      onNotification: (from, session, frame) => this.#notified(from, session, frame),
      onReady: (ready, session) => this.#memory.refresh(this.#mustFind(ready), session),
    };
  }

  #admit(): void {
    this.#requests++;
    if (this.#draining) throw drainingError();
    if (this.#inFlight >= maxCallsInFlight) {
      throw new OmgError("overloaded", {
        detail: "inflight",
        retryAfterMs: 1000,
        message: `The gateway has ${maxCallsInFlight} calls in flight, its limit; try again shortly`,
      });
    }
    this.#inFlight++;
  }

  #answered(): void {
    this.#inFlight--;
    if (this.#inFlight === 0) this.#whenDrained();
  }

  #mustFind(id: string): PooledServer {
    const server = this.#catalog.get(id);
    if (server) return server;
    throw new OmgError("server_unknown", { server: id, message: `Server '${id}' not found` });
  }

  async #endSession(id: string): Promise<void> {
    const ended = this.#sessions.get(id);
    this.#sessions.delete(id);
    this.#catalog.forgetSession(id);
    await Promise.all(this.#catalog.servers.map((server) => server.endSession(id, sessionEnded(server.id))));
    this.#emit({ type: "session-end", session: id, server: ended?.server });
  }

  #notified(server: string, session: string, frame: Frame): void {
    if (!frame.head.method?.endsWith("/list_changed")) {
      const what = `${frame.head.method}, which no request asked for`;
      this.#emit({ type: "frame-dropped", server, what });
      return;
    }
    this.#memory.invalidate(this.#mustFind(server), session);
    for (const client of this.#sessions.values()) {
      if (client.server !== server) continue;
      if (session === "" || session === client.session.id) client.session.relay(frame);
    }
  }

  #listingChanged(session: string): void {
    this.#catalog.changed();
    if (session === "") this.#announceSoon();
    else this.#clock.after(announceDelayMs, () => this.#sessions.get(session)?.session.announceChanges());
  }

  /** Several changes within a moment make one announcement. */
  #announceSoon(): void {
    if (this.#announcing) return;
    this.#announcing = true;
    this.#clock.after(announceDelayMs, () => {
      this.#announcing = false;
      for (const { session } of this.#sessions.values()) session.announceChanges();
    });
  }

  #scheduleHealthChecks(): void {
    const everyMs = (this.#config.health_check_interval_seconds ?? 30) * 1000;
    if (everyMs <= 0) return;
    this.#stopHealthTimer = this.#clock.after(everyMs, () => {
      this.#scheduleHealthChecks();
      for (const server of this.#catalog.servers) {
        server.checkHealth().catch((error) => this.#emit({ type: "internal-error", error }));
      }
    });
  }
}

function drainingError(): OmgError {
  return new OmgError("draining", {
    retryAfterMs: 5000,
    message: "The gateway is shutting down; try again when it is back",
  });
}

function stoppedByHand(server: string): OmgError {
  return new OmgError("upstream_closed", {
    server,
    executed: "unknown",
    message: `Server '${server}' was stopped`,
  });
}

function sessionEnded(server: string): OmgError {
  return new OmgError("upstream_closed", { server, message: `The session of server '${server}' has ended` });
}

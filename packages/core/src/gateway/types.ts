import type { ServerConfig } from "../config/types.ts";
import type { Frame } from "../runtime/frame.ts";
import type { Transport } from "../runtime/transport.ts";

/** What a server of the catalog is doing. */
export type ServerState =
  | "stopped"
  | "starting"
  | "ready"
  | "draining"
  | "stopping"
  | "backoff"
  | "failed"
  | "disabled";

/**
 * The catalog, run: clients connect to it, servers start and stop behind it. Dispose: end all sessions and stop all
 * servers at once; `drain` first if calls in flight should be answered.
 */
export interface Gateway extends AsyncDisposable {
  /**
   * Takes a client on. Sets the transport's callbacks and starts it. Rejects with `server_unknown` or `draining`, or
   * with what the transport's start rejects with.
   */
  connect(transport: Transport, options?: ConnectOptions): Promise<Session>;
  /**
   * Sends one request to one server for a caller without a session, and resolves with the server's answer, which may
   * be a JSON-RPC error. Rejects with an `OmgError` when the gateway itself fails. A server with `scope: session` gets an
   * instance for this one request.
   */
  request(server: string, frame: Frame, options?: RequestOptions): Promise<Frame>;
  /** Every server of the catalog, in its order. */
  servers(): ServerStatus[];
  server(id: string): ServerStatus | undefined;
  /** Starts a shared server now. Resolves with whether it had to; rejects when it can not. */
  startServer(id: string): Promise<boolean>;
  /** Stops a server after the calls in flight. Resolves with whether it ran. It starts again when needed. */
  stopServer(id: string): Promise<boolean>;
  stats(): GatewayStats;
  readonly draining: boolean;
  /** Refuses new calls and resolves when none is in flight, or after `timeoutMs` (default 25 000). */
  drain(timeoutMs?: number): Promise<void>;
}

export interface ConnectOptions {
  /** One server, transparently: nothing renamed, unknown methods forwarded. Absent: all servers, aggregated. */
  readonly server?: string | undefined;
}

export interface RequestOptions {
  readonly signal?: AbortSignal | undefined;
}

/** One downstream client's conversation. */
export interface Session {
  readonly id: string;
  /** Requests of the client that have no answer yet. */
  readonly callsInFlight: number;
  /** Resolves once no call is in flight. */
  idle(): Promise<void>;
  /** Resolves when the session has ended, by either side. */
  readonly closed: Promise<void>;
  /** Ends the session: cancels its calls, stops its own instances, closes the transport. Idempotent. */
  close(): Promise<void>;
}

export interface ServerStatus {
  readonly config: ServerConfig;
  readonly state: ServerState;
  /** Why the server is disabled, failed or in backoff. */
  readonly problem?: string | undefined;
  /** When the running instance became ready. */
  readonly startedAt?: Date | undefined;
  readonly lastActivity?: Date | undefined;
  readonly requestCount: number;
  readonly errorCount: number;
  readonly callsInFlight: number;
  /** Running instances: one at most when shared, one a session otherwise. */
  readonly instances: number;
  /** The backend's id of the shared instance, for example a pid. */
  readonly instance?: string | undefined;
}

export interface GatewayStats {
  readonly startedAt: Date;
  readonly totalRequests: number;
  readonly sessions: number;
}

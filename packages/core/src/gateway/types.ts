import type { GatewayConfig, ServerConfig } from "../config/types.ts";
import type { ServerPins } from "../pins/types.ts";
import type { Frame } from "../runtime/frame.ts";
import type { Transport } from "../runtime/transport.ts";
import type { RuntimeV1 } from "../runtime/v1.ts";

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
 * servers at once; `drain` first if calls in flight should be answered. It rejects, when everything else has ended, if a
 * runtime could not end all that it had started.
 */
export interface Gateway extends AsyncDisposable {
  /**
   * Takes a client on. Sets the transport's callbacks and starts it. Rejects with `server_unknown` or `draining`, or
   * with what the transport's start rejects with.
   */
  connect(transport: Transport, options?: ConnectOptions): Promise<Session>;
  /**
   * Sends one request to one server for a caller without a session, and resolves with the server's answer, which may
   * be a JSON-RPC error. Rejects with an `OmgError` when the gateway itself fails, or when the request would change what a
   * session gets (`bad_params`). A server with `scope: session` gets an
   * instance for this one request.
   */
  request(server: string, frame: Frame, options?: RequestOptions): Promise<Frame>;
  /**
   * Answers one request of the modern era (MCP 2026-07-28), which needs no session. Resolves with its one answer, under
   * its id; what goes before the answer goes to `tell`. Errors are answers too: it never rejects. A request that is
   * answered with `input_required` stays open behind the gateway until the client comes back with its `requestState`.
   */
  exchange(frame: Frame, options: ExchangeOptions): Promise<Frame>;
  /** Every server of the catalog, in its order. */
  servers(): ServerStatus[];
  /** One server of the catalog; `undefined`: there is none of this id. */
  server(id: string): ServerStatus | undefined;
  /** Starts a shared server now. Resolves with whether it had to; rejects when it can not. */
  startServer(id: string): Promise<boolean>;
  /** Stops a server after the calls in flight. Resolves with whether it ran. It starts again when needed. */
  stopServer(id: string): Promise<boolean>;
  /**
   * Replaces the catalog while everything runs: `servers`, `base_directory`, `pins` and `lock` take effect, other keys keep
   * their values. New calls go by the new catalog at once. A server whose entry means the same keeps its instances, and so
   * does one of which only another `display_name`, `description`, `tags`, `tools` or `pins` count; one that was otherwise
   * changed or removed finishes its calls in flight (30 s at most) and stops. A server that can be used stays as it is
   * when its new entry can not. Runtimes of a new name join those in use. Rejects with `draining`, and then changes nothing.
   */
  reload(config: GatewayConfig, runtimes?: readonly RuntimeV1[]): Promise<ReloadReport>;
  /**
   * Learns what a shared server offers, from the server itself, so that listings need not start it. Resolves with how
   * many tools it has; rejects when it does not start or has `scope: session`.
   */
  warmServer(id: string): Promise<number>;
  /**
   * Asks a server for its tools and resolves with their pins, whatever is pinned now and whatever may be used. A server
   * with `scope: session` gets an instance for that alone. Rejects when the server does not start, or refuses to list them.
   */
  toolPins(id: string): Promise<ServerPins>;
  /** Totals since the gateway was made, and what is open now. */
  stats(): GatewayStats;
  /** Whether `drain` was called: new calls are refused with `draining` from then on. */
  readonly draining: boolean;
  /** Refuses new calls and resolves when none is in flight, or after `timeoutMs` (default 25 000). */
  drain(timeoutMs?: number): Promise<void>;
}

/** Where a client's conversation leads, and whose it is. */
export interface ConnectOptions {
  /** One server, transparently: nothing renamed, unknown methods forwarded. Absent: all servers, aggregated. */
  readonly server?: string | undefined;
  /** On whose behalf requests of the modern era are answered. Default: the session's own. */
  readonly principal?: string | undefined;
}

/** Whose a request without a session is, and how it is answered. */
export interface ExchangeOptions extends ConnectOptions {
  /** On whose behalf: only the same one may go on with a request that needed input. */
  readonly principal: string;
  /** The client has cancelled the request, or left. */
  readonly signal: AbortSignal;
  /** Takes a message ahead of the answer: progress, log messages, what a subscription brings. */
  tell(frame: Frame): void;
  /** Headers for the server that mirror arguments (`Mcp-Param-…`), by their names as they came. */
  readonly headers?: Readonly<Record<string, string>> | undefined;
}

/** How one request is given up. */
export interface RequestOptions {
  /** Cancels the request: the server is told, and the promise rejects with `cancelled`. */
  readonly signal?: AbortSignal | undefined;
}

/** One downstream client's conversation. */
export interface Session {
  /** Unique within this gateway; events name the session by it. No secret, and no credential. */
  readonly id: string;
  /** Requests of the client that have no answer yet, but for those that only listen. */
  readonly callsInFlight: number;
  /** Resolves once no call is in flight. */
  idle(): Promise<void>;
  /** Resolves when the session has ended, by either side. */
  readonly closed: Promise<void>;
  /** Ends the session: cancels its calls, stops its own instances, closes the transport. Idempotent. */
  close(): Promise<void>;
}

/** One server as it is now. A snapshot: ask again for news. */
export interface ServerStatus {
  /** Its entry, with the secrets that were resolved: `maskedEntry` makes one that may be shown. */
  readonly config: ServerConfig;
  /** What it is doing; with `scope: session`, the liveliest of its instances. */
  readonly state: ServerState;
  /**
   * Why the server is disabled, failed or in backoff, keeps an entry that is no longer that of the file, or has tools that
   * can not be used.
   */
  readonly problem?: string | undefined;
  /** When the running instance became ready. */
  readonly startedAt?: Date | undefined;
  /** When a call last came or ended; `undefined`: there was none. */
  readonly lastActivity?: Date | undefined;
  /** Calls since the gateway was made, those that failed included. */
  readonly requestCount: number;
  /** Those that got an error, from the server or from the gateway. */
  readonly errorCount: number;
  /** Calls that have no answer yet, those that wait for the start included. */
  readonly callsInFlight: number;
  /** Running instances: one at most when shared, one a session otherwise. */
  readonly instances: number;
  /** Tools that can not be used because they are not as pinned, as far as it is known what the server offers. */
  readonly blockedTools?: number | undefined;
  /** The backend's id of the shared instance, for example a pid. */
  readonly instance?: string | undefined;
}

/** What a reload did, by ids. */
export interface ReloadReport {
  /** Servers that are new. */
  readonly added: readonly string[];
  /** Servers that are gone: they stop after the calls in flight. */
  readonly removed: readonly string[];
  /** Servers whose entry means something else now: what runs by the old one stops after the calls in flight. */
  readonly changed: readonly string[];
  /** Servers that go on as they are. */
  readonly unchanged: readonly string[];
  /** Those of `unchanged` whose new entry can not be used; their status has the `problem`. */
  readonly kept: readonly string[];
}

/** Totals since the gateway was made, and what is open now. */
export interface GatewayStats {
  /** When the gateway was made. */
  readonly startedAt: Date;
  /** Calls that the gateway has let in, for whichever server, answered or not. */
  readonly totalRequests: number;
  /** Clients that are connected now. */
  readonly sessions: number;
  /** Calls without a session that are open on a server while their clients look for what it asked for. */
  readonly heldCalls: number;
  /** Messages of servers and clients that were for nobody: late and second answers, what no one session caused. */
  readonly droppedFrames: number;
}

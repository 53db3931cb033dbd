import { randomUUID } from "node:crypto";

/**
 * Every reason the gateway itself fails for. The same word is used in JSON-RPC `data.reason`, HTTP bodies, logs and
 * the command line. The table with numbers and hints is in `../errors/reasons.ts`.
 */
export type Reason =
  | "parse_error"
  | "invalid_request"
  | "method_not_found"
  | "bad_params"
  | "header_mismatch"
  | "missing_capability"
  | "unsupported_version"
  | "unknown_tool"
  | "unknown_prompt"
  | "unknown_resource"
  | "server_unknown"
  | "server_disabled"
  | "config_invalid"
  | "unsafe_bind"
  | "port_in_use"
  | "gateway_unreachable"
  | "upstream_start_failed"
  | "runtime_unavailable"
  | "upstream_backoff"
  | "upstream_closed"
  | "upstream_timeout"
  | "upstream_protocol_error"
  | "upstream_auth_required"
  | "message_too_large"
  | "overloaded"
  | "draining"
  | "tool_definition_changed"
  | "cancelled"
  | "internal";

/**
 * Where on its way a call failed: before it was its server's (`route`), at the start of the server, in the call itself, or at
 * the end of the gateway.
 */
export type Phase = "route" | "start" | "call" | "stop";

/** What is known of a failure. */
export interface OmgErrorOptions {
  /** What happened, to which server, and what to do next, in one plain sentence. Never a secret. */
  readonly message: string;
  /** A finer word below the reason, for example `spawn_enoent` below `upstream_start_failed`. */
  readonly detail?: string | undefined;
  /** The catalog id of the server concerned. */
  readonly server?: string | undefined;
  /** Whether a call may have reached the server: decides if a client may safely repeat it. Default `"no"`. */
  readonly executed?: "no" | "unknown" | undefined;
  /** Default: that of the reason, or `call` if the call may have reached the server. */
  readonly phase?: Phase | undefined;
  /** Milliseconds after which a repetition makes sense. */
  readonly retryAfterMs?: number | undefined;
  /** The id of the message that could not be taken, where it could be read. */
  readonly requestId?: string | number | undefined;
  /** Further members of `error.data` that MCP asks for. */
  readonly data?: Readonly<Record<string, unknown>> | undefined;
  /** What was thrown below, for logs; clients never see it. */
  readonly cause?: unknown;
}

const brand = Symbol.for("omg.error");

/** The one error class of the gateway. Recognise it with `OmgError.is`, which works across package copies. */
export class OmgError extends Error {
  override readonly name = "OmgError";
  /** A word of the error contract, which decides code and status. */
  readonly reason: Reason;
  /** A finer word below the reason, for example `spawn_enoent`. */
  readonly detail: string | undefined;
  /** The catalog id of the server concerned. */
  readonly server: string | undefined;
  /** Whether a call may have reached the server: `no` makes it safe to repeat. */
  readonly executed: "no" | "unknown";
  /** Where on its way the call failed; `undefined`: where the reason says. */
  readonly phase: Phase | undefined;
  /** Milliseconds after which a repetition makes sense. */
  readonly retryAfterMs: number | undefined;
  /** The id of the message that could not be taken, where it could be read. */
  readonly requestId: string | number | undefined;
  /** Further members of `error.data` that MCP asks for. */
  readonly data: Readonly<Record<string, unknown>> | undefined;
  /** Names this one failure to client and log alike. */
  readonly correlationId: string = randomUUID();
  readonly [brand] = true;

  constructor(reason: Reason, options: OmgErrorOptions) {
    super(options.message, options.cause === undefined ? undefined : { cause: options.cause });
    this.reason = reason;
    this.detail = options.detail;
    this.server = options.server;
    this.executed = options.executed ?? "no";
    this.phase = options.phase;
    this.retryAfterMs = options.retryAfterMs;
    this.requestId = options.requestId;
    this.data = options.data;
  }

  /**
   * The server has forgotten the session in which a request was sent (a runtime says so by the detail `session_lost`), and
   * has not looked at the request: it may be sent again, in a new session.
   */
  get isSessionLost(): boolean {
    return this.detail === "session_lost" && this.executed === "no";
  }

  /** Whether this is one of ours, of whichever copy of the package. Unlike `instanceof`. */
  static is(value: unknown): value is OmgError {
    return typeof value === "object" && value !== null && (value as { [brand]?: unknown })[brand] === true;
  }
}

import type { OmgError } from "../runtime/errors.ts";
import type { ReloadReport, ServerState } from "./types.ts";

/** What happens in the gateway, for logs, metrics and user interfaces. Never holds a secret or a call's arguments. */
export type GatewayEvent =
  /** A server goes from one state to another. */
  | {
      readonly type: "server-state";
      readonly server: string;
      readonly from: ServerState;
      readonly to: ServerState;
      /** Why, where it was not asked for. */
      readonly why?: string | undefined;
      /** The backend's own id, once ready. */
      readonly instance?: string | undefined;
      /** Milliseconds the start took, once ready. */
      readonly startMs?: number | undefined;
    }
  /** A line the server wrote to stderr, without the secrets of its own entry. May hold anything else. */
  | { readonly type: "server-log"; readonly server: string; readonly line: string }
  /** How far a slow start is. */
  | { readonly type: "server-progress"; readonly server: string; readonly message: string }
  /** Something that a server or a client sent was dropped. */
  | {
      readonly type: "frame-dropped";
      readonly server?: string | undefined;
      readonly session?: string | undefined;
      readonly what: string;
    }
  /** What a server offers is known, or known anew. */
  | { readonly type: "server-listed"; readonly server: string; readonly tools: number }
  /** Something about a server that a person should know, and that stops nothing. */
  | { readonly type: "server-warning"; readonly server: string; readonly message: string }
  /** A request that was led to a server has its answer, or got none. */
  | {
      readonly type: "call-end";
      readonly server: string;
      readonly method: string;
      /** Whose it was: `Session.id`, or one of its own for a call without a session. */
      readonly session: string;
      /** From its arrival to its answer, the start of the server included. */
      readonly durationMs: number;
      /** Set when the gateway answered in the server's place. */
      readonly error?: OmgError | undefined;
    }
  /** A client has connected, or has gone. */
  | {
      readonly type: "session-start" | "session-end";
      readonly session: string;
      /** The one server that it is for; absent: all of them. */
      readonly server?: string | undefined;
    }
  /** `reload` has replaced the catalog. */
  | ({ readonly type: "catalog-reload" } & ReloadReport)
  /** What must outlive the process could not be read or written; the gateway goes on without. */
  | { readonly type: "store-failed"; readonly error: unknown }
  /** A fault of the gateway, or a runtime that broke its contract. */
  | { readonly type: "internal-error"; readonly error: unknown };

/**
 * Hears of one event after the other, in the order in which they happen. It must not block: the gateway waits for its
 * return.
 */
export type GatewayListener = (event: GatewayEvent) => void;

import type { OmgError } from "../runtime/errors.ts";
import type { ReloadReport, ServerState } from "./types.ts";

/** What happens in the gateway, for logs, metrics and user interfaces. Never holds a secret or a call's arguments. */
export type GatewayEvent =
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
  | { readonly type: "server-warning"; readonly server: string; readonly message: string }
  | {
      readonly type: "call-end";
      readonly server: string;
      readonly method: string;
      readonly session: string;
      readonly durationMs: number;
      /** Set when the gateway answered in the server's place. */
      readonly error?: OmgError | undefined;
    }
  | {
      readonly type: "session-start" | "session-end";
      readonly session: string;
      readonly server?: string | undefined;
    }
  | ({ readonly type: "catalog-reload" } & ReloadReport)
  /** What must outlive the process could not be read or written; the gateway goes on without. */
  | { readonly type: "store-failed"; readonly error: unknown }
  | { readonly type: "internal-error"; readonly error: unknown };

export type GatewayListener = (event: GatewayEvent) => void;

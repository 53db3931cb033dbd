import { OmgError, type Phase } from "../runtime/errors.ts";
import { type Frame, frameOf, type RequestId } from "../runtime/frame.ts";
import { reasonInfo } from "./reasons.ts";

/** `error.data` of every error that the gateway itself sends. */
export interface ErrorData {
  /** A word of the error contract; `docs/errors.md` has all of them. */
  readonly reason: string;
  /** A finer word below the reason, where there is one. */
  readonly detail?: string | undefined;
  /** The catalog id of the server concerned. */
  readonly server?: string | undefined;
  /** Where on its way the call failed. */
  readonly phase: Phase;
  /** Whether the call may have reached its server: `no` makes it safe to repeat. */
  readonly executed: "no" | "unknown";
  /** Whether the same request may succeed later. */
  readonly retryable: boolean;
  /** Milliseconds after which a repetition makes sense. */
  readonly retryAfterMs?: number | undefined;
  /** The same id is in the log. */
  readonly correlationId: string;
}

/** Anything thrown, as an `OmgError`: what is not one yet is a fault of ours, and `internal`. */
export function asOmgError(thrown: unknown): OmgError {
  if (OmgError.is(thrown)) return thrown;
  return new OmgError("internal", { message: "The gateway failed; its log has the details", cause: thrown });
}

/** The one place where an error becomes JSON-RPC. `id` is undefined when the request's id could not be read. */
export function errorFrame(id: RequestId | undefined, thrown: unknown): Frame {
  const error = asOmgError(thrown);
  const info = reasonInfo(error.reason);
  const data: ErrorData = {
    ...error.data,
    reason: error.reason,
    detail: error.detail,
    server: error.server,
    phase: phaseOf(error),
    executed: error.executed,
    retryable: info.retryable,
    retryAfterMs: error.retryAfterMs,
    correlationId: error.correlationId,
  };
  // JSON-RPC asks for a null id here, which the MCP types do not know.
  const message = {
    jsonrpc: "2.0",
    id: id ?? null,
    error: { code: info.code, message: error.message, data },
  };
  return frameOf(message as Parameters<typeof frameOf>[0]);
}

/** What may have reached its server has failed in the call. */
function phaseOf({ phase, reason, executed }: OmgError): Phase {
  return phase ?? (executed === "unknown" ? "call" : reasonInfo(reason).phase);
}

import { OmgError } from "../runtime/errors.ts";

/** Why an idle instance is stopped. */
export function idleError(server: string, idleMs: number): OmgError {
  return new OmgError("upstream_closed", {
    server,
    message: `Server '${server}' was idle for ${Math.round(idleMs / 1000)} s`,
  });
}

/** For calls that an instance which is leaving did not end in time. */
export function leavingError(server: string, why: string): OmgError {
  return new OmgError("upstream_closed", { server, message: `Server '${server}' had to go: ${why}` });
}

/** The server failed, and is left alone for `delayMs` more. */
export function inBackoffError(server: string, delayMs: number, problem: OmgError | undefined): OmgError {
  const retryAfterMs = Math.max(0, Math.round(delayMs));
  return new OmgError("upstream_backoff", {
    server,
    retryAfterMs,
    message:
      `Server '${server}' failed and is tried again in ${Math.ceil(retryAfterMs / 1000)} s. ` +
      `The failure: ${problem?.message ?? "unknown"}`,
    cause: problem,
  });
}

export function tooManyWaitersError(server: string, waiters: number): OmgError {
  return new OmgError("overloaded", {
    detail: "queue_full",
    phase: "start",
    server,
    retryAfterMs: 1000,
    message: `${waiters} callers wait for server '${server}' to start already; try again shortly`,
  });
}

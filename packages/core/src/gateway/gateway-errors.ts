import { OmgError } from "../runtime/errors.ts";

export function drainingError(): OmgError {
  return new OmgError("draining", {
    retryAfterMs: 5000,
    message: "The gateway is shutting down; try again when it is back",
  });
}

export function stoppedByHandError(server: string): OmgError {
  return new OmgError("upstream_closed", {
    server,
    executed: "unknown",
    message: `Server '${server}' was stopped`,
  });
}

export function sessionEndedError(server: string): OmgError {
  return new OmgError("upstream_closed", { server, message: `The session of server '${server}' has ended` });
}

/** For calls that a reload's drain could not wait for. */
export function replacedError(server: string): OmgError {
  return new OmgError("upstream_closed", {
    server,
    executed: "unknown",
    message: `The entry of server '${server}' was changed or removed, and the call did not end in time`,
  });
}

import { OmgError } from "./errors.ts";

/** A message for a transport that has ended. */
export function closedError(): OmgError {
  return new OmgError("upstream_closed", { message: "The connection is closed" });
}

/** A message too many for a side that does not read. */
export function queueFullError(): OmgError {
  return new OmgError("overloaded", {
    detail: "queue_full",
    message: "The other side does not read its input; too many bytes wait for it",
  });
}

/** A side that has not read for so long that the transport ends. */
export function stalledError(ms: number): OmgError {
  return new OmgError("upstream_closed", {
    detail: "write_deadline",
    executed: "unknown",
    message: `The other side has not read its input for ${ms / 1000} s`,
  });
}

/** A line that ends the transport. */
export function tooLargeError(limit: number): OmgError {
  return new OmgError("message_too_large", {
    executed: "unknown",
    message: `A message of more than ${limit} bytes arrived`,
  });
}

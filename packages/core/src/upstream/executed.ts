import { OmgError } from "../runtime/errors.ts";

/** Why a request fails that has been sent: whatever the reason is, nobody knows whether it was executed. */
export function afterSending(why: OmgError): OmgError {
  return executed(why, "unknown");
}

/** Why a call fails for what was to be known before it is sent: that may have been executed, the call was not. */
export function beforeSending(why: unknown): unknown {
  return OmgError.is(why) ? executed(why, "no") : why;
}

function executed(why: OmgError, executed: OmgError["executed"]): OmgError {
  if (why.executed === executed) return why;
  return new OmgError(why.reason, { ...why, message: why.message, cause: why.cause, executed });
}

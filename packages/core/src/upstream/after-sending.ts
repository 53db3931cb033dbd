import { OmgError } from "../runtime/errors.ts";

/** Why a request fails that has been sent: whatever the reason is, nobody knows whether it was executed. */
export function afterSending(why: OmgError): OmgError {
  if (why.executed === "unknown") return why;
  return new OmgError(why.reason, { ...why, message: why.message, executed: "unknown" });
}

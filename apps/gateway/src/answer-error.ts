import { OmgError, type Reason, reasons } from "@omg/core";
import { CommandFailure, exitCodes } from "./exit-codes.ts";

/** What a gateway's HTTP answer means, so that a command ends the same over a gateway as without one. */
export function answerError(gateway: string, status: number, text: string, reason: unknown): Error {
  const message = `The gateway at ${gateway} answered ${status}: ${text}`;
  if (status === 401 || status === 403) {
    const hint = "set MCP_GATEWAY_API_KEY";
    return new CommandFailure(exitCodes.authenticationRequired, `error: ${message}; ${hint}`);
  }
  return new OmgError(isReason(reason) ? reason : reasonOf(status), { message });
}

function isReason(value: unknown): value is Reason {
  return typeof value === "string" && Object.hasOwn(reasons, value);
}

/** Of an answer that says no reason. */
function reasonOf(status: number): Reason {
  return status < 500 ? "invalid_request" : "upstream_protocol_error";
}

import { OmgError } from "@omg/core";
import { CommandFailure, exitCodes } from "./exit-codes.ts";

/** What a gateway's HTTP answer means, so that a command ends the same over a gateway as without one. */
export function answerError(gateway: string, status: number, text: string): Error {
  const message = `The gateway at ${gateway} answered ${status}: ${text}`;
  if (status === 401 || status === 403) {
    const hint = "set MCP_GATEWAY_API_KEY";
    return new CommandFailure(exitCodes.authenticationRequired, `error: ${message}; ${hint}`);
  }
  return new OmgError(reasonOf(status, text), { message });
}

/** Words of the gateway's own about a server that never became ready. */
const notReady =
  /did not start|failed and is tried again|not ready|ended before|disabled|refused the handshake|speaks MCP/;

function reasonOf(status: number, text: string) {
  switch (status) {
    case 404:
      return "server_unknown";
    case 413:
      return "message_too_large";
    case 503:
      return "overloaded";
    case 504:
      return "upstream_timeout";
    case 502:
      // The status alone does not tell; further lines are the server's last words, which may say anything.
      return notReady.test(text.split("\n")[0] ?? "") ? "upstream_start_failed" : "upstream_closed";
    default:
      return status < 500 ? "invalid_request" : "upstream_protocol_error";
  }
}

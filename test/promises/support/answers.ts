import assert from "node:assert/strict";
import type { Message } from "../../evil/server/message.ts";
import type { GatewayError } from "../../evil/stage.ts";

/** The error in an answer, which must be the gateway's own. */
export function errorOf(message: Message): GatewayError {
  const error = message.error as GatewayError | undefined;
  assert.ok(error?.data?.reason, `no error of the gateway: ${JSON.stringify(message).slice(0, 300)}`);
  return error;
}

/** How many times each outcome came: `ok`, or the reason of the error. */
export function outcomes(messages: readonly Message[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const message of messages) {
    const outcome = message.error === undefined ? "ok" : errorOf(message).data.reason;
    counts[outcome] = (counts[outcome] ?? 0) + 1;
  }
  return counts;
}

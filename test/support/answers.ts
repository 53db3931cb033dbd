import assert from "node:assert/strict";
import type { Message } from "./message.ts";

/** An error as the gateway makes them. */
export interface GatewayError {
  readonly code: number;
  readonly message: string;
  readonly data: {
    readonly reason: string;
    readonly detail?: string;
    readonly executed: string;
    readonly retryAfterMs?: number;
  };
}

/** The error in an answer, which must be the gateway's own. */
export function errorOf(message: Message): GatewayError {
  const error = message.error as GatewayError | undefined;
  assert.ok(error?.data?.reason, `no error of the gateway: ${JSON.stringify(message).slice(0, 600)}`);
  return error;
}

/** The text in an answer, which must be the result of a tool. */
export function textOf(message: Message): string {
  const content = (message.result as { content?: { text: string }[] } | undefined)?.content;
  assert.ok(content?.[0], `no result of a tool: ${JSON.stringify(message).slice(0, 600)}`);
  return content[0].text;
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

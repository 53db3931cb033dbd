import type { OutgoingHttpHeaders } from "node:http";
import { type Frame, reasons } from "@omg/core";

/** Codes of JSON-RPC errors that have a status of their own; all other answers are 200. */
const STATUSES: ReadonlyMap<unknown, number> = new Map<unknown, number>([
  [reasons.parse_error.code, 400],
  [reasons.invalid_request.code, 400],
  [reasons.header_mismatch.code, 400],
  [reasons.missing_capability.code, 400],
  [reasons.unsupported_version.code, 400],
  [reasons.method_not_found.code, 404],
  [reasons.overloaded.code, 503],
  [reasons.draining.code, 503],
]);

/** The HTTP status of an answer in the modern era, and the headers that belong to it. */
export function answerStatus(answer: Frame): { status: number; headers?: OutgoingHttpHeaders } {
  if (answer.head.kind !== "error") return { status: 200 };
  const message = answer.value();
  const error = "error" in message ? message.error : undefined;
  const status = STATUSES.get(error?.code) ?? 200;
  if (status !== 503) return { status };
  const { retryAfterMs } = (error?.data ?? {}) as { retryAfterMs?: unknown };
  const seconds = typeof retryAfterMs === "number" ? Math.ceil(retryAfterMs / 1_000) : 1;
  return { status, headers: { "retry-after": String(Math.max(1, seconds)) } };
}

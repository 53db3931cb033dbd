import { STATUS_CODES } from "node:http";
import type { OmgError, OmgErrorOptions, Reason } from "@omg/core/runtime";
import { type Advice, failure, type Headers, withFix } from "./failures.ts";

const longestRetryMs = 300_000;

/** The head of an HTTP answer, and the words of its JSON-RPC error if it has one. */
export interface StatusLine {
  readonly status: number;
  readonly headers: Headers;
  readonly said?: string;
}

/** An HTTP status that is no answer to a message. */
export function statusFailure(
  url: URL,
  { status, headers, said = "" }: StatusLine,
  advice: Advice = {},
): OmgError {
  const detail = `http_${status}`;
  const name = `answered ${status} ${STATUS_CODES[status] ?? ""}`.trimEnd();
  const answered = said === "" ? name : `${name} (${said})`;
  const of = (reason: Reason, meaning: string, more: Omit<OmgErrorOptions, "message"> = {}) =>
    failure(reason, url, `${answered}${meaning}`, { detail, executed: "no", ...more });
  if (status === 401)
    return of("upstream_auth_required", withFix("; it wants a credential", advice.credential));
  if (status === 403) return of("upstream_auth_required", "; the credential may not do this");
  if (status === 429 || status === 503) {
    const retryAfterMs = retryAfter(headers["retry-after"]);
    // A proxy also says 503 when a server dies in the middle.
    const executed = status === 429 || headers["retry-after"] !== undefined ? "no" : "unknown";
    return of("upstream_backoff", "; it asks to be left alone for a while", { executed, retryAfterMs });
  }
  if (status === 413) return of("message_too_large", "; the message is too large for it");
  if (status >= 500) return of("upstream_closed", "; the fault is the server's", { executed: "unknown" });
  if (status >= 300 && status < 400) {
    const where = originOf(headers.location, url);
    return of("upstream_protocol_error", withFix(` to ${where}, which is not followed`, advice.address));
  }
  const executed = status < 300 ? "unknown" : "no";
  return of("upstream_protocol_error", "; is this the address of an MCP endpoint?", { executed });
}

function retryAfter(header: string | string[] | undefined): number {
  const text = String(header ?? "");
  const seconds = /^\d+$/.test(text) ? Number(text) : (Date.parse(text) - Date.now()) / 1000;
  return Math.min(Math.max(1000, (Number.isFinite(seconds) ? seconds : 1) * 1000), longestRetryMs);
}

function originOf(location: string | string[] | undefined, base: URL): string {
  const target = String(location ?? "");
  return URL.canParse(target, base.href) ? new URL(target, base.href).origin : "nowhere";
}

import { STATUS_CODES } from "node:http";
import { OmgError, type OmgErrorOptions, type Reason } from "@omg/core/runtime";

const longestRetryMs = 300_000;

/** What went wrong between us and a remote server, in words for its user. */
export function failure(
  reason: Reason,
  url: URL,
  what: string,
  more: Omit<OmgErrorOptions, "message"> = {},
): OmgError {
  return new OmgError(reason, { ...more, message: `${placeOf(url)} ${what}` });
}

/** Without query: it may hold a secret. */
function placeOf(url: URL): string {
  return `${url.origin}${url.pathname}`;
}

/** The head of an HTTP answer, and the words of its JSON-RPC error if it has one. */
export interface StatusLine {
  readonly status: number;
  readonly headers: Headers;
  readonly said?: string;
}

/** An HTTP status that is no answer to a message. */
export function statusFailure(url: URL, { status, headers, said = "" }: StatusLine): OmgError {
  const detail = `http_${status}`;
  const name = `answered ${status} ${STATUS_CODES[status] ?? ""}`.trimEnd();
  const answered = said === "" ? name : `${name} (${said})`;
  const of = (reason: Reason, advice: string, more: Omit<OmgErrorOptions, "message"> = {}) =>
    failure(reason, url, `${answered}${advice}`, { detail, executed: "no", ...more });
  if (status === 401)
    return of("upstream_auth_required", "; check the headers of the entry: it wants a credential");
  if (status === 403) return of("upstream_auth_required", "; the credential of the entry may not do this");
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
    return of(
      "upstream_protocol_error",
      ` to ${where}, which is not followed; put the right address into the entry`,
    );
  }
  const executed = status < 300 ? "unknown" : "no";
  return of("upstream_protocol_error", "; is this the address of an MCP endpoint?", { executed });
}

/** No connection could be made. */
export function isConnectFailure(error: unknown): error is OmgError {
  return OmgError.is(error) && error.detail === "connect";
}

/** The server has said that it wants to be left alone, and for how long (429, 503). */
export function asksForPause(error: unknown): error is OmgError {
  return OmgError.is(error) && error.reason === "upstream_backoff";
}

/** A fault below HTTP. `sent`: whether any of the request may have arrived. */
export function networkFailure(url: URL, error: unknown, sent: boolean): OmgError {
  if (OmgError.is(error)) return error;
  const { name, code, message, data, socket } = innermost(error);
  const executed = sent ? "unknown" : "no";
  const cause = error;
  if (code === "EMFILE" || code === "ENFILE") {
    return failure("overloaded", url, `can not be reached: too many files are open here (${code})`, {
      detail: "fd_exhausted",
      executed,
      retryAfterMs: 1_000,
      cause,
    });
  }
  if (dnsCodes.has(code)) {
    return failure(
      "upstream_start_failed",
      url,
      `can not be found: the name ${url.hostname} has no address (${code})`,
      { detail: "dns", executed: "no", cause },
    );
  }
  if (url.protocol === "http:" && data.startsWith(tlsAlert))
    return failure("upstream_start_failed", url, "speaks TLS; url must begin with https://", {
      detail: "tls_protocol",
      executed: "no",
      cause,
    });
  const tls = tlsDetail(code);
  if (tls)
    return failure("upstream_start_failed", url, `${tls.what} (${code}); ${tls.fix}`, {
      detail: tls.detail,
      executed: "no",
      cause,
    });
  if (connectCodes.has(code)) {
    return failure("upstream_start_failed", url, `can not be reached (${code}); is the server up?`, {
      detail: "connect",
      executed: "no",
      cause,
    });
  }
  if (code === "UND_ERR_HEADERS_TIMEOUT")
    return failure("upstream_timeout", url, "did not begin to answer in time (response_timeout_seconds)", {
      executed,
      cause,
    });
  if (code === "UND_ERR_BODY_TIMEOUT")
    return failure(
      "upstream_timeout",
      url,
      "fell silent in the middle of an answer (silence_timeout_seconds)",
      { executed, cause },
    );
  if (name === "HTTPParserError" || code === "UND_ERR_HEADERS_OVERFLOW")
    return failure("upstream_protocol_error", url, `sent what is not HTTP (${message})`, {
      executed,
      cause,
    });
  if (code === "Z_DATA_ERROR" || code.startsWith("ERR_BROTLI") || code.startsWith("ERR__ERROR"))
    return failure("upstream_protocol_error", url, `sent what is not compressed as it says (${code})`, {
      executed,
      cause,
    });
  const what = `broke off the connection${code === "" ? `: ${message}` : ` (${code})`}`;
  const isMute = url.protocol === "http:" && socket?.bytesRead === 0;
  const fix = isMute ? " without a word; if it speaks TLS, url must begin with https://" : "";
  return failure("upstream_closed", url, `${what}${fix}`, { executed, cause });
}

export type Headers = Readonly<Record<string, string | string[] | undefined>>;

const dnsCodes = new Set(["ENOTFOUND", "EAI_AGAIN", "EAI_FAIL", "EAI_NODATA", "ENODATA", "ESERVFAIL"]);
const connectCodes = new Set([
  "ECONNREFUSED",
  "EHOSTUNREACH",
  "ENETUNREACH",
  "EADDRNOTAVAIL",
  "ETIMEDOUT",
  "UND_ERR_CONNECT_TIMEOUT",
]);

function tlsDetail(code: string): { detail: string; what: string; fix: string } | undefined {
  const trust = "put the certificate of its authority into ca_file";
  if (code === "CERT_HAS_EXPIRED")
    return {
      detail: "tls_expired",
      what: "has a certificate that has expired",
      fix: "the server must renew it",
    };
  if (code === "ERR_TLS_CERT_ALTNAME_INVALID")
    return {
      detail: "tls_name",
      what: "has a certificate of another name",
      fix: "check the host name in url",
    };
  if (code === "DEPTH_ZERO_SELF_SIGNED_CERT")
    return { detail: "tls_self_signed", what: "has a certificate that nobody vouches for", fix: trust };
  if (code === "SELF_SIGNED_CERT_IN_CHAIN" || code.startsWith("UNABLE_TO_") || code.startsWith("CERT_"))
    return { detail: "tls_untrusted", what: "has a certificate that is not trusted", fix: trust };
  if (code.startsWith("ERR_SSL_") || code === "EPROTO")
    return {
      detail: "tls_protocol",
      what: "speaks no TLS that is safe",
      fix: "check that url begins with http:// or https:// as the server does",
    };
  return undefined;
}

/** What a server that speaks TLS answers to plain HTTP. */
const tlsAlert = "\x15\x03";

interface Fault {
  readonly name: string;
  readonly code: string;
  readonly message: string;
  /** What could not be read. */
  readonly data: string;
  readonly socket: { readonly bytesRead?: number } | undefined;
}

/** Libraries wrap what happened. */
function innermost(error: unknown): Fault {
  let current = error as { [Key in keyof Fault]?: unknown } & { cause?: unknown; errors?: unknown[] };
  for (let depth = 0; depth < 5; depth++) {
    const inner = current.cause ?? current.errors?.[0];
    if (typeof inner !== "object" || inner === null) break;
    current = inner;
  }
  return {
    name: String(current.name),
    code: typeof current.code === "string" ? current.code : "",
    message: String(current.message ?? error),
    data: String(current.data ?? ""),
    socket: current.socket as Fault["socket"],
  };
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

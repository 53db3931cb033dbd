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
export function placeOf(url: URL): string {
  return `${url.origin}${url.pathname}`;
}

/** An HTTP status that is no answer to a message. `executed`: whether the request may have been carried out. */
export function statusFailure(url: URL, status: number, headers: Headers): OmgError {
  const detail = `http_${status}`;
  const said = `answered ${status} ${STATUS_CODES[status] ?? ""}`.trimEnd();
  if (status === 401 || status === 403) {
    const fix =
      status === 401
        ? "check the headers of the entry: it wants a credential"
        : "the credential of the entry may not do this";
    return failure("upstream_auth_required", url, `${said}; ${fix}`, { detail, executed: "no" });
  }
  if (status === 429 || status === 503) {
    const retryAfterMs = retryAfter(headers["retry-after"]);
    return failure("upstream_backoff", url, `${said}; it asks to be left alone for a while`, {
      detail,
      executed: "no",
      retryAfterMs,
    });
  }
  if (status >= 300 && status < 400) {
    return failure(
      "upstream_protocol_error",
      url,
      `${said} to ${originOf(headers.location, url)}, which is not followed; put the right address into the entry`,
      { detail, executed: "no" },
    );
  }
  if (status >= 500)
    return failure("upstream_closed", url, `${said}; the fault is the server's`, {
      detail,
      executed: "unknown",
    });
  return failure("upstream_protocol_error", url, `${said}; is this the address of an MCP endpoint?`, {
    detail,
    executed: "no",
  });
}

/** A fault below HTTP. `sent`: whether any of the request may have arrived. */
export function networkFailure(url: URL, error: unknown, sent: boolean): OmgError {
  if (OmgError.is(error)) return error;
  const { code, message } = innermost(error);
  const executed = sent ? "unknown" : "no";
  const cause = error;
  if (dnsCodes.has(code)) {
    return failure(
      "upstream_start_failed",
      url,
      `can not be found: the name ${url.hostname} has no address (${code})`,
      { detail: "dns", executed: "no", cause },
    );
  }
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
  if (code.startsWith("HPE_") || code === "UND_ERR_HEADERS_OVERFLOW")
    return failure("upstream_protocol_error", url, `sent what is not HTTP (${code})`, { executed, cause });
  return failure(
    "upstream_closed",
    url,
    `broke off the connection${code === "" ? `: ${message}` : ` (${code})`}`,
    { executed, cause },
  );
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
  if (code === "DEPTH_ZERO_SELF_SIGNED_CERT" || code === "SELF_SIGNED_CERT_IN_CHAIN")
    return { detail: "tls_self_signed", what: "has a certificate that nobody vouches for", fix: trust };
  if (code.startsWith("UNABLE_TO_") || code.startsWith("CERT_"))
    return { detail: "tls_untrusted", what: "has a certificate that is not trusted", fix: trust };
  if (code.startsWith("ERR_SSL_") || code === "EPROTO")
    return {
      detail: "tls_protocol",
      what: "speaks no TLS that is safe",
      fix: "check that url begins with http:// or https:// as the server does",
    };
  return undefined;
}

/** Libraries wrap what happened. */
function innermost(error: unknown): { code: string; message: string } {
  let current = error as { code?: unknown; message?: unknown; cause?: unknown; errors?: unknown[] };
  for (let depth = 0; depth < 5; depth++) {
    const inner = current.cause ?? current.errors?.[0];
    if (typeof inner !== "object" || inner === null) break;
    current = inner;
  }
  return {
    code: typeof current.code === "string" ? current.code : "",
    message: String(current.message ?? error),
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

import { OmgError, type OmgErrorOptions, type Reason } from "@omg/core/runtime";

/**
 * What people can do about a failure, in terms of the settings that the owner of a client gives them. What is absent is
 * not said: a server in a container has no `url` to correct.
 */
export interface Advice {
  /** Where the credential stands, of a server that wants another one. */
  readonly credential?: string;
  /** Where the address stands, of a server that sends elsewhere. */
  readonly address?: string;
  /** How to ask for TLS, and how for none. */
  readonly https?: string;
  /** How to ask for none. */
  readonly http?: string;
  /** Where the host's name stands, of a server whose certificate has another one. */
  readonly name?: string;
  /** How to trust a certificate. */
  readonly trust?: string;
  /** The name of the setting that is `responseMs`. */
  readonly responseTime?: string;
  /** The name of the setting that is `silenceMs`. */
  readonly silence?: string;
}

/** What went wrong between us and a server, in words for its user. */
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

/** No connection could be made. */
export function isConnectFailure(error: unknown): error is OmgError {
  return OmgError.is(error) && error.detail === "connect";
}

/** The server has said that it wants to be left alone, and for how long (429, 503). */
export function asksForPause(error: unknown): error is OmgError {
  return OmgError.is(error) && error.reason === "upstream_backoff";
}

export interface FaultContext {
  /** Whether any of the request may have arrived. */
  readonly sent: boolean;
  /** Default: none. */
  readonly advice?: Advice | undefined;
}

/** A fault below HTTP; what is an `OmgError` already stays as it is. */
export function networkFailure(url: URL, error: unknown, { sent, advice = {} }: FaultContext): OmgError {
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
    return failure("upstream_start_failed", url, withFix("speaks TLS, not plain HTTP", advice.https), {
      detail: "tls_protocol",
      executed: "no",
      cause,
    });
  const tls = tlsDetail(code, advice);
  if (tls)
    return failure("upstream_start_failed", url, withFix(`${tls.what} (${code})`, tls.fix), {
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
    return failure(
      "upstream_timeout",
      url,
      withName("did not begin to answer in time", advice.responseTime),
      {
        executed,
        cause,
      },
    );
  if (code === "UND_ERR_BODY_TIMEOUT")
    return failure(
      "upstream_timeout",
      url,
      withName("fell silent in the middle of an answer", advice.silence),
      {
        executed,
        cause,
      },
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
  const fix = advice.https && `if it speaks TLS, ${advice.https}`;
  const said = isMute ? withFix(`${what} without a word`, fix) : what;
  return failure("upstream_closed", url, said, { executed, cause });
}

/** What went wrong, and what to do about it if there is anything. */
export function withFix(what: string, fix: string | undefined): string {
  return fix === undefined ? what : `${what}; ${fix}`;
}

function withName(what: string, name: string | undefined): string {
  return name === undefined ? what : `${what} (${name})`;
}

/** The headers of an answer, by their names in lower case. */
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

interface TlsFault {
  readonly detail: string;
  readonly what: string;
  readonly fix: string | undefined;
}

function tlsDetail(code: string, { http, name, trust }: Advice): TlsFault | undefined {
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
      fix: name,
    };
  if (code === "DEPTH_ZERO_SELF_SIGNED_CERT")
    return { detail: "tls_self_signed", what: "has a certificate that nobody vouches for", fix: trust };
  if (code === "SELF_SIGNED_CERT_IN_CHAIN" || code.startsWith("UNABLE_TO_") || code.startsWith("CERT_"))
    return { detail: "tls_untrusted", what: "has a certificate that is not trusted", fix: trust };
  if (code.startsWith("ERR_SSL_") || code === "EPROTO")
    return {
      detail: "tls_protocol",
      what: "speaks no TLS that is safe",
      fix: http && `if it speaks plain HTTP, ${http}`,
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

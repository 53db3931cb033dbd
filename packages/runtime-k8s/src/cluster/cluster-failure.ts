import { cutText, oneLineText } from "@omg/core/runtime";

/** What an API server answers when it does not do what it was asked (Kubernetes API, `Status`). */
interface Status {
  readonly message?: unknown;
  readonly reason?: unknown;
  readonly details?: { readonly retryAfterSeconds?: unknown } | null;
}

type Parts = Pick<
  Partial<ClusterFailure>,
  "status" | "reason" | "retryAfterMs" | "hasNoLogin" | "isUnsent" | "cause"
>;

/** Nobody is left alone for longer than this, whatever it asks for. */
const longestRetryMs = 60_000;
const maxWords = 300;

/** A request that an API server did not do: it refused, failed, or could not be reached. */
export class ClusterFailure extends Error {
  /** HTTP status of the answer. Undefined: there was none. */
  readonly status: number | undefined;
  /** Kubernetes' word for it, such as `AlreadyExists`. */
  readonly reason: string | undefined;
  /** What the API server said, or why it could not be asked. */
  readonly said: string;
  /** For how long it wants to be left alone. */
  readonly retryAfterMs: number | undefined;
  /** Whether it was not even asked, for want of credentials. */
  readonly hasNoLogin: boolean;
  /** Whether there was not even a connection to ask over. */
  readonly isUnsent: boolean;

  constructor(said: string, parts: Parts = {}) {
    super(said, { cause: parts.cause });
    this.said = said;
    this.status = parts.status;
    this.reason = parts.reason;
    this.retryAfterMs = parts.retryAfterMs;
    this.hasNoLogin = parts.hasNoLogin ?? false;
    this.isUnsent = parts.isUnsent ?? this.hasNoLogin;
  }

  /** `retryAfter`: the header of that name. */
  static ofAnswer(status: number, body: string, retryAfter?: string | null): ClusterFailure {
    const { message, reason, details } = statusOf(body);
    const seconds = Number(retryAfter ?? details?.retryAfterSeconds);
    return new ClusterFailure(typeof message === "string" ? message : (plainText(body) ?? `HTTP ${status}`), {
      status,
      reason: typeof reason === "string" ? reason : undefined,
      retryAfterMs: seconds > 0 ? Math.min(seconds * 1000, longestRetryMs) : undefined,
    });
  }

  /** From whatever a request rejects with. */
  static of(error: unknown): ClusterFailure {
    if (error instanceof ClusterFailure) return error;
    const outer = partsOf(error);
    const inner = partsOf(outer.cause);
    const said = wordFor(inner) ?? wordFor(outer) ?? inner.message ?? outer.message;
    const isUnsent = connecting.has(inner.code ?? outer.code);
    return new ClusterFailure(said ?? String(error), { isUnsent, cause: error });
  }

  get isMissing(): boolean {
    return this.status === 404;
  }

  /** What is asked for is there already, or has changed meanwhile. */
  get isConflict(): boolean {
    return this.status === 409;
  }

  /** What was known of the past is known no more: everything has to be listed anew. */
  get isExpired(): boolean {
    return this.status === 410;
  }

  /** Who asks is not known, or not any more. */
  get isUnauthorized(): boolean {
    return this.status === 401;
  }

  /** The API server understood and said no; asking again is of no use. */
  get isRefusal(): boolean {
    return this.status !== undefined && this.status >= 400 && this.status < 500 && this.status !== 429;
  }

  /** Nobody knows whether it was done: there was no answer, or one of something before the API server. */
  get isSilence(): boolean {
    if (this.hasNoLogin) return false;
    return this.status === undefined || this.status >= 500 || this.status === 429;
  }
}

interface ErrorParts {
  readonly name?: string;
  readonly code?: unknown;
  readonly message?: string;
  readonly cause?: unknown;
}

/** The codes of system calls are words that people search for; those of libraries are not. */
const words: Readonly<Record<string, string>> = {
  UND_ERR_CONNECT_TIMEOUT: "no connection within 5 s",
  UND_ERR_HEADERS_TIMEOUT: "no answer within 10 s",
  UND_ERR_SOCKET: "the connection broke",
  ERR_STREAM_PREMATURE_CLOSE: "the connection broke",
  EPROTO: "what answers there does not speak TLS",
  ERR_SSL_WRONG_VERSION_NUMBER: "what answers there does not speak TLS",
};

/** Codes of connections that did not come about. */
const connecting: ReadonlySet<unknown> = new Set([
  "EAI_AGAIN",
  "ECONNREFUSED",
  "EHOSTUNREACH",
  "ENETUNREACH",
  "ENOTFOUND",
  "UND_ERR_CONNECT_TIMEOUT",
]);

function partsOf(error: unknown): ErrorParts {
  return typeof error === "object" && error !== null ? error : {};
}

function wordFor({ name, code }: ErrorParts): string | undefined {
  if (name === "HTTPParserError") return "what answers there does not speak HTTP";
  if (typeof code !== "string") return undefined;
  return code.startsWith("HPE_") ? "what answers there does not speak HTTP" : (words[code] ?? code);
}

/** Nodes answer with a line of text. Pages are for browsers. */
function plainText(body: string): string | undefined {
  const text = oneLineText(body.trim());
  return text === "" || text.startsWith("<") || text.startsWith("{") ? undefined : cutText(text, maxWords);
}

function statusOf(body: string): Status {
  try {
    return (JSON.parse(body) as Status | null) ?? {};
  } catch {
    // Something before the API server answered, in a form that is for browsers.
    return {};
  }
}

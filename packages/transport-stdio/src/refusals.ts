import { STATUS_CODES } from "node:http";
import { errorFrame, type Frame, frameOf, OmgError, type RequestId } from "@omg/core";

interface JsonRpcError {
  readonly code: number;
  readonly message: string;
  readonly data?: unknown;
}

/** An error that the gateway itself told us, to be told on as it is: under the id of every request it is about. */
class GatewayRefusal extends Error {
  readonly error: JsonRpcError;

  constructor(error: JsonRpcError) {
    super(error.message);
    this.error = error;
  }
}

/** The one answer to a request that failed. */
export function failureFrame(id: RequestId, thrown: unknown): Frame {
  if (!(thrown instanceof GatewayRefusal)) return errorFrame(id, thrown);
  return frameOf({ jsonrpc: "2.0", id, error: thrown.error });
}

/** What the gateway's error answer means, read from its JSON-RPC error if it holds one. */
export function refusalOf(frame: Frame, status: number): Error | undefined {
  const message = frame.value();
  const error = "error" in message ? message.error : undefined;
  if (typeof error?.code !== "number" || typeof error.message !== "string") return undefined;
  const hint = isCredential(status) ? keyHint : "";
  return new GatewayRefusal({ ...error, message: error.message + hint });
}

/** An error answer without a JSON-RPC error: its HTTP status, in words. `said` is what its body tells a person. */
export function statusRefusal(url: string, response: Response, said?: string): OmgError {
  const { status } = response;
  const what = `${status} ${STATUS_CODES[status] ?? ""}`.trimEnd() + (said === undefined ? "" : ` (${said})`);
  return new OmgError("gateway_unreachable", {
    message: `The gateway at ${url} answered ${what}${isCredential(status) ? keyHint : ""}`,
    retryAfterMs: retryAfterMsOf(response),
    // Something between us and the gateway may have given up on a request that runs.
    executed: status === 500 || status === 502 || status === 504 ? "unknown" : "no",
  });
}

/** A request that got no HTTP answer at all. */
export function sendFailure(url: string, cause: unknown): OmgError {
  if (!neverSent.has(codeOf(cause))) return brokenOff(url, cause);
  return new OmgError("gateway_unreachable", {
    message: `Failed to connect to server: no gateway answers at ${url}; start it with: omg serve`,
    cause,
  });
}

export function brokenOff(url: string, cause?: unknown): OmgError {
  return new OmgError("upstream_closed", {
    executed: "unknown",
    message: `The gateway at ${url} broke off before it answered`,
    cause,
  });
}

/** A request that waits when the client has ended, and for as long as it may after that. */
export function cutOff(url: string): OmgError {
  return new OmgError("upstream_timeout", {
    executed: "unknown",
    message: `The client has ended, and the gateway at ${url} did not answer in time`,
  });
}

/** A request whose id another one has that is not answered yet. */
export function inFlight(id: RequestId): OmgError {
  return new OmgError("invalid_request", {
    message: `A request with the id ${JSON.stringify(id)} is in flight`,
  });
}

const keyHint = "; set MCP_GATEWAY_API_KEY to the gateway's API key";

/** Failures before a connection stood: the gateway has seen nothing of the request. */
const neverSent: ReadonlySet<unknown> = new Set([
  "ECONNREFUSED",
  "ENOTFOUND",
  "EAI_AGAIN",
  "EHOSTUNREACH",
  "ENETUNREACH",
  "ETIMEDOUT",
  "UND_ERR_CONNECT_TIMEOUT",
]);

/** `fetch` wraps what happened in an error that says nothing. A bad port or certificate has no code we know. */
function codeOf(error: unknown): unknown {
  const { cause } = error as { cause?: { code?: unknown; message?: unknown } };
  return cause?.message === "bad port" ? "ECONNREFUSED" : cause?.code;
}

function isCredential(status: number): boolean {
  return status === 401 || status === 403;
}

function retryAfterMsOf(response: Response): number | undefined {
  const seconds = Number(response.headers.get("retry-after") ?? Number.NaN);
  return Number.isFinite(seconds) ? seconds * 1000 : undefined;
}

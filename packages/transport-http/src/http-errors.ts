import { type OutgoingHttpHeaders, type ServerResponse, STATUS_CODES } from "node:http";
import { asOmgError, errorFrame, OmgError, type RequestId, reasonInfo } from "@omg/core";
import { answerHeaders } from "./answer-headers.ts";

/** Longest time an answer waits for the end of a body that nobody reads: closing at once would lose the answer. */
const LINGER_MS = 1_000;

/** Node joins head and body into one plain write if the body is text; for more bytes than this the copy costs more. */
const ONE_WRITE_BYTES = 16 * 1024;

/** A request that HTTP itself turns away, with its status. */
export class Refusal extends Error {
  readonly status: number;
  readonly headers: OutgoingHttpHeaders;
  /** The same for JSON-RPC. Default: `invalid_request`. */
  readonly error: OmgError;

  constructor(status: number, message: string, headers: OutgoingHttpHeaders = {}, error?: OmgError) {
    super(message);
    this.status = status;
    this.headers = headers;
    this.error = error ?? new OmgError("invalid_request", { message });
  }
}

export interface HttpFailure {
  readonly status: number;
  readonly headers: OutgoingHttpHeaders;
  readonly error: OmgError;
}

/** Anything thrown, as status, headers and error. */
export function failureOf(thrown: unknown): HttpFailure {
  if (thrown instanceof Refusal) {
    const { status, headers, error } = thrown;
    return { status, headers, error };
  }
  const error = asOmgError(thrown);
  // A server's answer that is too large is the server's fault, not that of the request.
  const ofServer = error.reason === "message_too_large" && error.server !== undefined;
  const status = ofServer ? 502 : reasonInfo(error.reason).status;
  const headers: OutgoingHttpHeaders = {};
  if (error.retryAfterMs !== undefined || status === 503) {
    headers["retry-after"] = String(Math.max(1, Math.ceil((error.retryAfterMs ?? 1_000) / 1_000)));
  }
  return { status, headers, error };
}

/** The body of errors on all routes that do not speak JSON-RPC. What the guard turns away has no reason. */
export function errorBody(status: number, message: string, reason?: string) {
  return { error: STATUS_CODES[status] ?? "Error", message, reason };
}

/** Answers with `{error, message, reason}`. */
export function sendRefusal(
  outgoing: ServerResponse,
  status: number,
  message: string,
  headers: OutgoingHttpHeaders = {},
  reason?: string,
): void {
  sendJson(outgoing, status, Buffer.from(JSON.stringify(errorBody(status, message, reason))), headers);
}

/** Answers with anything thrown, in the same form. */
export function sendFailure(outgoing: ServerResponse, thrown: unknown): void {
  const { status, headers, error } = failureOf(thrown);
  sendRefusal(outgoing, status, error.message, headers, error.reason);
}

/** Answers with a JSON-RPC error. */
export function sendRpcFailure(outgoing: ServerResponse, thrown: unknown, id?: RequestId): void {
  const { status, headers, error } = failureOf(thrown);
  sendJson(outgoing, status, errorFrame(id ?? error.requestId, error).bytes, headers);
}

/**
 * Answers with bytes that are JSON, in one write: in pieces, as a whole, or as text with one character a byte. Does nothing when the client is gone or has
 * its answer.
 */
export function sendJson(
  outgoing: ServerResponse,
  status: number,
  body: string | Buffer | readonly Buffer[],
  headers?: OutgoingHttpHeaders,
): void {
  if (outgoing.destroyed || outgoing.headersSent) return;
  if (typeof body === "string") {
    outgoing.writeHead(status, jsonHeaders(body.length, headers)).end(body, "latin1");
    return;
  }
  const pieces = Buffer.isBuffer(body) ? [body] : body;
  const length = pieces.reduce((sum, piece) => sum + piece.length, 0);
  const all = jsonHeaders(length, headers);
  if (status === 413) {
    endAfterBody(outgoing.writeHead(status, { ...all, connection: "close" }), Buffer.concat(pieces));
  } else if (length > ONE_WRITE_BYTES) {
    outgoing.writeHead(status, all);
    for (const piece of pieces) outgoing.write(piece);
    outgoing.end();
  } else {
    const text = pieces.map((piece) => piece.toString("latin1")).join("");
    outgoing.writeHead(status, all).end(text, "latin1");
  }
}

function jsonHeaders(length: number, more: OutgoingHttpHeaders | undefined): OutgoingHttpHeaders {
  const headers: OutgoingHttpHeaders = {
    "content-type": "application/json",
    "content-length": length,
    ...answerHeaders,
  };
  return more === undefined ? headers : { ...headers, ...more };
}

function endAfterBody(outgoing: ServerResponse, bytes: Buffer): void {
  const incoming = outgoing.req;
  if (incoming.readableEnded) {
    outgoing.end(bytes);
    return;
  }
  const end = () => {
    clearTimeout(timer);
    outgoing.end();
  };
  const timer = setTimeout(end, LINGER_MS);
  outgoing.write(bytes);
  incoming.once("end", end).once("error", end).resume();
}

import type { IncomingMessage } from "node:http";
import { OmgError, Pieces } from "@omg/core";
import { headerOf } from "./header.ts";
import { Refusal } from "./http-errors.ts";
import { PouredRequest } from "./poured-request.ts";

export interface MediaOptions {
  /** Also takes what `curl -d` says by default, but never from a browser. */
  readonly form?: boolean;
}

/** Refuses (415) a body that is compressed or not declared as JSON. */
export function checkMedia(incoming: IncomingMessage, { form = false }: MediaOptions = {}): void {
  const encoding = headerOf(incoming, "content-encoding");
  if (encoding !== undefined && encoding.toLowerCase() !== "identity") {
    throw new Refusal(415, `Content-Encoding '${encoding}' is not supported: send the body uncompressed`);
  }
  const type = mediaType(headerOf(incoming, "content-type"));
  if (type === "application/json" || (form && isFormByTool(incoming))) return;
  throw new Refusal(415, "Content-Type must be application/json");
}

/** Whether the body is declared as a form, as command line tools do, and does not come from a browser's form. */
export function isFormByTool(incoming: IncomingMessage): boolean {
  return (
    mediaType(headerOf(incoming, "content-type")) === "application/x-www-form-urlencoded" &&
    headerOf(incoming, "origin") === undefined &&
    headerOf(incoming, "sec-fetch-site") === undefined
  );
}

/**
 * Reads the body, `limit` bytes at most. Rejects with `message_too_large`, with `cancelled` when it breaks off, or with
 * `config_invalid` when somebody has read it before.
 */
export function readBody(incoming: IncomingMessage, limit: number): Promise<Buffer> {
  return new Promise((resolve, reject) => takeBody(incoming, limit, resolve, reject));
}

/** The same for callers that every request passes: a promise on this way costs it 2 µs. */
export function takeBody(
  incoming: IncomingMessage,
  limit: number,
  onBody: (body: Buffer) => void,
  onFailure: (error: OmgError) => void,
): void {
  if (incoming.readableDidRead) {
    onFailure(readBefore());
    return;
  }
  if (Number(headerOf(incoming, "content-length")) > limit) {
    onFailure(tooLarge(limit));
    return;
  }
  const pieces = new Pieces();
  let isDone = false;
  const data = (chunk: Buffer) => {
    if (isDone) return;
    pieces.push(chunk);
    if (pieces.bytes > limit) {
      isDone = true;
      pieces.clear();
      // Whoever answers waits for the end of what nobody reads.
      if (incoming instanceof PouredRequest) incoming.stopPouring();
      onFailure(tooLarge(limit));
    }
  };
  const end = () => {
    if (isDone) return;
    isDone = true;
    onBody(pieces.take());
  };
  const isPoured = incoming instanceof PouredRequest && incoming.pour({ data, end });
  if (!isPoured) incoming.on("data", data).on("end", end);
  incoming.on("error", (cause: Error) => {
    if (isDone) return;
    isDone = true;
    onFailure(new OmgError("cancelled", { message: "The request broke off", cause }));
  });
}

function mediaType(header: string | undefined): string | undefined {
  if (header === "application/json") return header;
  return header?.split(";", 1)[0]?.trim().toLowerCase();
}

function tooLarge(limit: number): OmgError {
  return new OmgError("message_too_large", { message: `The request body is over ${limit} bytes` });
}

/** Only a front in somebody's server sees this: the messages that it forwards are the very bytes that came. */
function readBefore(): OmgError {
  const message =
    "The program that the gateway runs in has read the body of this request: hand requests to the gateway before express.json() and the like";
  return new OmgError("config_invalid", { message });
}

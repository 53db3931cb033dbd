import { type Frame, frameOf, type JsonRpcMessage, OmgError } from "@omg/core";

const OPEN_ARRAY = 0x5b;

/** Whether a body is a JSON array. */
export function isBatch(body: Buffer): boolean {
  let at = 0;
  while (isWhiteSpace(body[at])) at++;
  return body[at] === OPEN_ARRAY;
}

/** Splits a batch. Throws `parse_error`, or `invalid_request` for one that is empty, too long or holds no messages. */
export function batchFrames(body: Buffer, limit: number): Frame[] {
  const messages = parse(body);
  if (messages.length === 0) throw invalid("A batch must not be empty");
  if (messages.length > limit) throw invalid(`A batch must not hold more than ${limit} messages`);
  const frames = messages.map((message) => frameOf(message as JsonRpcMessage));
  if (frames.some(({ head }) => head.method === "initialize"))
    throw invalid("initialize must not be in a batch");
  return frames;
}

function isWhiteSpace(byte: number | undefined): boolean {
  return byte === 0x20 || byte === 0x09 || byte === 0x0a || byte === 0x0d;
}

function parse(body: Buffer): unknown[] {
  try {
    return JSON.parse(body.toString()) as unknown[];
  } catch (cause) {
    throw new OmgError("parse_error", { message: "Parse error: invalid JSON", cause });
  }
}

function invalid(message: string): OmgError {
  return new OmgError("invalid_request", { message });
}

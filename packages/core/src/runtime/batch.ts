import { OmgError } from "./errors.ts";
import { type Frame, parseFrame } from "./frame.ts";
import { JsonScanner } from "./json-scanner.ts";

const OPEN_ARRAY = 0x5b;
/** What a message may be nested, and the array around it. */
const depth = 65;

/** Whether a text, in one piece or several, is a JSON array, and thus a batch or nothing. */
export function isBatch(...pieces: readonly Buffer[]): boolean {
  for (const piece of pieces) {
    let at = 0;
    while (isWhiteSpace(piece[at])) at++;
    if (at < piece.length) return piece[at] === OPEN_ARRAY;
  }
  return false;
}

/** Cuts a JSON array into its elements. Throws `parse_error`, or `invalid_request` for one that is empty or too long. */
export function batchElements(text: Buffer, limit: number): Buffer[] {
  const scanner = new JsonScanner(text, 0, { depth });
  const messages: Buffer[] = [];
  scanner.array(() => {
    const { start, end } = scanner.skip();
    messages.push(text.subarray(start, end));
    if (messages.length > limit) throw invalid(`A batch must not hold more than ${limit} messages`);
  });
  scanner.end();
  if (messages.length === 0) throw invalid("A batch must not be empty");
  return messages;
}

/**
 * Splits a JSON-RPC batch; its messages keep their bytes. Throws `parse_error`, or `invalid_request` for one that is
 * empty, too long, holds something else than messages, `initialize`, or the id of a request twice.
 */
export function batchFrames(text: Buffer, limit: number): Frame[] {
  const frames = batchElements(text, limit).map(frameIn);
  checkRequests(frames);
  return frames;
}

function isWhiteSpace(byte: number | undefined): boolean {
  return byte === 0x20 || byte === 0x09 || byte === 0x0a || byte === 0x0d;
}

function frameIn(message: Buffer): Frame {
  try {
    return parseFrame(message);
  } catch (error) {
    if (!OmgError.is(error)) throw error;
    // The refusal is about the batch: under the id of one message the others would stay without an answer.
    throw new OmgError(error.reason, { message: error.message });
  }
}

function checkRequests(frames: readonly Frame[]): void {
  const ids = new Set<unknown>();
  for (const { kind, id, method } of frames.map(({ head }) => head)) {
    if (kind !== "request") continue;
    if (method === "initialize") throw invalid("initialize must not be in a batch");
    if (ids.has(id)) throw invalid(`A batch must not hold two requests with the id ${JSON.stringify(id)}`);
    ids.add(id);
  }
}

function invalid(message: string): OmgError {
  return new OmgError("invalid_request", { message });
}

import type { Readable } from "node:stream";
import { createBrotliDecompress, createGunzip, createInflate } from "node:zlib";
import { Pieces } from "@omg/core/runtime";
import { createParser } from "eventsource-parser";
import { errors } from "undici";
import { failure, type Headers, networkFailure } from "./failures.ts";
import type { HttpResponse } from "./http-client.ts";

/** Bytes of one message, inflated. */
const maxMessageBytes = 16 * 1024 * 1024;

/** What is read of a body that nobody wants, so that its connection can be used again. */
const maxUnwantedBytes = 16 * 1024;
const maxUnwantedMs = 1000;

export interface EventHandlers {
  /** `event` is "message" unless the server says otherwise. `data` may be empty. */
  onEvent(event: string, data: string): void;
  /** The id of an event, also of one without data. */
  onId(id: string): void;
  /** Milliseconds that the server wants us to wait before we come back. */
  onRetry(ms: number): void;
}

export function mediaTypeOf(headers: Headers): string {
  const [type = ""] = String(headers["content-type"] ?? "").split(";", 1);
  return type.trim().toLowerCase();
}

export function isEventStream({ status, headers }: HttpResponse): boolean {
  return status === 200 && mediaTypeOf(headers) === "text/event-stream";
}

/** All of a body. Rejects with `message_too_large` beyond the limit, and lets go of the connection then. */
export async function readAll(url: URL, response: HttpResponse, limit = maxMessageBytes): Promise<Buffer> {
  if (Buffer.isBuffer(response.body)) return withinLimit(url, response.body, limit);
  const pieces = new Pieces();
  try {
    for await (const chunk of decoded(url, response.body, response.headers)) {
      pieces.push(chunk);
      if (pieces.bytes > limit) throw tooLarge(url, limit);
    }
  } catch (error) {
    throw networkFailure(url, error, { sent: true });
  }
  return pieces.take();
}

/** One that keeps nothing between two texts may be used for all. */
const wholeText = new TextDecoder();

/** Hands on the events of a body until it ends. Rejects like `readAll`; the limit is that of one event. */
export async function readEvents(url: URL, response: HttpResponse, handlers: EventHandlers): Promise<void> {
  const parser = createParser({
    maxBufferSize: maxMessageBytes,
    onEvent: ({ event = "message", data }) => handlers.onEvent(event, data),
    onId: (id) => handlers.onId(id),
    onRetry: (ms) => handlers.onRetry(ms),
    onError({ type }) {
      if (type === "max-buffer-size-exceeded") throw tooLarge(url, maxMessageBytes);
    },
  });
  try {
    const { body, headers } = response;
    if (Buffer.isBuffer(body)) {
      parser.feed(wholeText.decode(body));
      return;
    }
    const decoder = new TextDecoder();
    await readChunks(decoded(url, body, headers), (chunk) =>
      parser.feed(decoder.decode(chunk, { stream: true })),
    );
  } catch (error) {
    throw networkFailure(url, error, { sent: true });
  }
}

/** Like `for await`, which costs a small answer a tenth of its time. */
function readChunks(body: Readable, take: (chunk: Buffer) => void): Promise<void> {
  return new Promise((resolve, reject) => {
    body.on("data", (chunk: Buffer) => {
      try {
        take(chunk);
      } catch (error) {
        reject(error);
        body.destroy();
      }
    });
    body.once("end", resolve);
    body.once("error", reject);
    body.once("close", () => {
      if (!body.readableEnded) reject(new errors.RequestAbortedError());
    });
  });
}

/** Nobody wants the body of this answer. */
export function letGo({ body }: HttpResponse): void {
  if (Buffer.isBuffer(body) || body.destroyed) return;
  const timer = setTimeout(() => body.destroy(), maxUnwantedMs);
  let left = maxUnwantedBytes;
  body.once("close", () => clearTimeout(timer));
  body.on("error", () => {});
  body.on("data", (chunk: Buffer) => {
    left -= chunk.length;
    if (left < 0) body.destroy();
  });
}

/** The body as it was before it was encoded. Throws an `OmgError` for an encoding that is not used on the web. */
function decoded(url: URL, body: Readable, headers: Headers): Readable {
  const encoding = String(headers["content-encoding"] ?? "")
    .trim()
    .toLowerCase();
  if (encoding === "" || encoding === "identity") return body;
  const makeDecoder = Object.hasOwn(decoders, encoding) ? decoders[encoding] : undefined;
  if (!makeDecoder) {
    body.destroy();
    const what = `sent an answer in the encoding '${encoding}', which is not read`;
    throw failure("upstream_protocol_error", url, what, { executed: "unknown" });
  }
  const decoder = makeDecoder();
  body.on("error", (error) => decoder.destroy(error));
  decoder.on("close", () => body.destroy());
  return body.pipe(decoder);
}

function withinLimit(url: URL, body: Buffer, limit: number): Buffer {
  if (body.length > limit) throw tooLarge(url, limit);
  return body;
}

function tooLarge(url: URL, limit: number) {
  return failure("message_too_large", url, `sent a message of more than ${limit} bytes`, {
    executed: "unknown",
  });
}

const decoders: Readonly<Record<string, () => NodeJS.ReadWriteStream & Readable>> = {
  gzip: createGunzip,
  "x-gzip": createGunzip,
  deflate: createInflate,
  br: createBrotliDecompress,
};

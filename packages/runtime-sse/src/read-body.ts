import type { Readable } from "node:stream";
import { createBrotliDecompress, createGunzip, createInflate } from "node:zlib";
import { createParser } from "eventsource-parser";
import { failure, type Headers, networkFailure } from "./failures.ts";

/** Bytes of one message, inflated. */
export const maxMessageBytes = 16 * 1024 * 1024;

export interface ServerEvent {
  readonly event: string | undefined;
  readonly id: string | undefined;
  readonly data: string;
}

export interface EventHandlers {
  onEvent(event: ServerEvent): void;
  /** Milliseconds that the server wants us to wait before we come back. */
  onRetry(ms: number): void;
}

export function mediaTypeOf(headers: Headers): string {
  return (
    String(headers["content-type"] ?? "")
      .split(";", 1)[0]
      ?.trim()
      .toLowerCase() ?? ""
  );
}

/** The body as it is after decoding. Throws an `OmgError` for an encoding that is not used on the web, or is used twice. */
export function decoded(url: URL, body: Readable, headers: Headers): Readable {
  const encoding = String(headers["content-encoding"] ?? "identity")
    .trim()
    .toLowerCase();
  const decoder = encoding === "identity" || encoding === "" ? undefined : decoders[encoding];
  if (encoding !== "identity" && encoding !== "" && !decoder) {
    body.destroy();
    throw failure(
      "upstream_protocol_error",
      url,
      `sent an answer in the encoding '${encoding}', which is not read`,
      { executed: "unknown" },
    );
  }
  if (!decoder) return body;
  const stream = decoder();
  body.on("error", (error) => stream.destroy(error));
  stream.on("close", () => body.destroy());
  return body.pipe(stream);
}

/** All of a body. Rejects with `message_too_large` beyond the cap, and lets go of the connection then. */
export async function readAll(url: URL, body: Readable): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let size = 0;
  try {
    for await (const chunk of body as AsyncIterable<Buffer>) {
      size += chunk.length;
      if (size > maxMessageBytes) throw tooLarge(url);
      chunks.push(chunk);
    }
  } catch (error) {
    throw networkFailure(url, error, true);
  }
  const [first] = chunks;
  return chunks.length === 1 && first ? first : Buffer.concat(chunks);
}

/** Hands on the events of a body until it ends. Rejects like `readAll`; the cap is that of one event. */
export async function readEvents(url: URL, body: Readable, handlers: EventHandlers): Promise<void> {
  const decoder = new TextDecoder();
  let pending = 0;
  const parser = createParser({
    onEvent({ event, id, data }) {
      pending = 0;
      handlers.onEvent({ event, id, data });
    },
    onComment() {
      pending = 0;
    },
    onRetry: (ms) => handlers.onRetry(ms),
  });
  try {
    for await (const chunk of body as AsyncIterable<Buffer>) {
      pending += chunk.length;
      if (pending > maxMessageBytes + chunk.length) throw tooLarge(url);
      parser.feed(decoder.decode(chunk, { stream: true }));
    }
  } catch (error) {
    throw networkFailure(url, error, true);
  }
}

function tooLarge(url: URL) {
  return failure("message_too_large", url, `sent a message of more than ${maxMessageBytes} bytes`, {
    executed: "unknown",
  });
}

const decoders: Readonly<Record<string, () => NodeJS.ReadWriteStream & Readable>> = {
  gzip: createGunzip,
  "x-gzip": createGunzip,
  deflate: createInflate,
  br: createBrotliDecompress,
};

import type { Readable, Writable } from "node:stream";
import { OmgError } from "./errors.ts";
import { type Frame, frameOf, oneLine, oneLineText, parseFrame } from "./frame.ts";
import { LineSplitter } from "./line-splitter.ts";
import type { FrameExtra, JsonRpcMessage, Transport } from "./transport.ts";

export interface LineTransportOptions {
  /** Where messages come from, one a line. */
  readonly input: Readable;
  /** Where messages go. */
  readonly output: Writable;
  /** Leave the output open at the end, because others write there too. Default: the end of the transport ends it. */
  readonly keepOutput?: boolean;
  /** Longest line in bytes; a longer one ends the transport. Default 16 MiB. */
  readonly maxMessageBytes?: number;
  /** Bytes that may wait for a reader before further messages are refused. Default 4 MiB. */
  readonly maxQueuedBytes?: number;
  /** Milliseconds the other side may leave a full pipe unread before the transport ends. Default 10 000. */
  readonly writeDeadlineMs?: number;
  /** Called at the end of the input, which then does not end the transport: answers can still be written. */
  readonly onInputEnd?: () => void;
  /** For the owner of the streams: the transport has ended, by `close()` or not. Called before `onclose`. */
  readonly onEnd?: (byRequest: boolean) => void;
}

/**
 * Newline-delimited JSON-RPC (the MCP stdio transport) over two streams. The end of either stream is the end of the
 * transport. A line that is no message is reported to `onerror` and skipped; a fault that ends the transport is
 * reported to `onerror` just before `onclose`.
 */
export function lineTransport(options: LineTransportOptions): Transport {
  return new LineTransport(options);
}

const NEWLINE = Buffer.from("\n");
const taken = Promise.resolve();
/** A side that closed its input may have written last words before; they get this long to arrive. */
const lastWordsMs = 250;
const flushMs = 1000;

class LineTransport implements Transport {
  onmessage?: ((message: JsonRpcMessage) => void) | undefined;
  onclose?: (() => void) | undefined;
  onerror?: ((error: Error) => void) | undefined;
  onframe?: ((frame: Frame, extra?: FrameExtra) => void) | undefined;

  readonly #input: Readable;
  readonly #output: Writable;
  readonly #keepOutput: boolean;
  readonly #maxMessageBytes: number;
  readonly #maxQueuedBytes: number;
  readonly #writeDeadlineMs: number;
  readonly #onInputEnd: () => void;
  readonly #onEnd: (byRequest: boolean) => void;
  readonly #lines = new LineSplitter();
  #closed = false;
  #outputIsGone = false;
  #corked = false;
  #deadline: NodeJS.Timeout | undefined;
  /** A slow reader of a queue that is never empty still reads. */
  readonly #onTaken = (error?: Error | null) => {
    if (!error) this.#deadline?.refresh();
  };

  constructor(options: LineTransportOptions) {
    this.#input = options.input;
    this.#output = options.output;
    this.#keepOutput = options.keepOutput ?? false;
    this.#maxMessageBytes = options.maxMessageBytes ?? 16 * 1024 * 1024;
    this.#maxQueuedBytes = options.maxQueuedBytes ?? 4 * 1024 * 1024;
    this.#writeDeadlineMs = options.writeDeadlineMs ?? 10_000;
    this.#onInputEnd = options.onInputEnd ?? (() => this.#end());
    this.#onEnd = options.onEnd ?? (() => {});
  }

  async start(): Promise<void> {
    this.#output.on("error", (error) => this.#outputWent(error));
    this.#output.on("close", () => this.#outputWent());
    this.#output.on("drain", () => this.#clearDeadline());
    this.#input.on("error", (error) => this.#fail(error));
    this.#input.on("data", (chunk: Buffer) => this.#read(chunk));
    this.#input.on("end", () => {
      if (this.#lines.pendingBytes > 0) this.#readLine(this.#lines.flush());
      this.#onInputEnd();
    });
    this.#input.on("close", () => {
      if (!this.#input.readableEnded) this.#end();
    });
  }

  send(message: JsonRpcMessage): Promise<void> {
    return this.sendFrame(frameOf(message));
  }

  sendFrame(frame: Frame): Promise<void> {
    if (this.#closed || this.#outputIsGone) return Promise.reject(closedError());
    if (this.#output.writableLength >= this.#maxQueuedBytes) return Promise.reject(queueFullError());
    // All frames of one turn of the event loop leave in one system call.
    if (!this.#corked) {
      this.#corked = true;
      this.#output.cork();
      setImmediate(() => {
        this.#corked = false;
        this.#output.uncork();
      });
    }
    if (frame.text !== undefined) this.#write(`${oneLineText(frame.text)}\n`);
    else {
      this.#output.write(oneLine(frame.bytes));
      this.#write(NEWLINE);
    }
    return taken;
  }

  /** Resolves when what was sent is written, or can not be within a second. */
  async close(): Promise<void> {
    const flushed = flush(this.#output, this.#keepOutput);
    this.#end(true);
    await flushed;
  }

  #read(chunk: Buffer): void {
    if (this.#closed) return;
    this.#lines.push(chunk, (line) => this.#readLine(line));
    if (this.#lines.pendingBytes > this.#maxMessageBytes) this.#fail(tooLargeError(this.#maxMessageBytes));
  }

  #readLine(line: Buffer): void {
    if (line.length === 0 || this.#closed) return;
    if (line.length > this.#maxMessageBytes) {
      this.#fail(tooLargeError(this.#maxMessageBytes));
      return;
    }
    let frame: Frame;
    try {
      frame = parseFrame(line);
    } catch (error) {
      this.onerror?.(error as Error);
      return;
    }
    if (this.onframe) this.onframe(frame);
    else this.onmessage?.(frame.value());
  }

  #write(bytes: Buffer | string): void {
    if (!this.#output.write(bytes, "latin1", this.#onTaken)) this.#armDeadline();
  }

  #armDeadline(): void {
    this.#deadline ??= setTimeout(
      () => this.#fail(stalledError(this.#writeDeadlineMs)),
      this.#writeDeadlineMs,
    );
  }

  #clearDeadline(): void {
    clearTimeout(this.#deadline);
    this.#deadline = undefined;
  }

  #fail(error: Error): void {
    if (this.#closed) return;
    this.onerror?.(error);
    this.#end();
  }

  #outputWent(error?: Error): void {
    if (this.#closed || this.#outputIsGone) return;
    this.#outputIsGone = true;
    if (error) this.onerror?.(error);
    this.#clearDeadline();
    this.#deadline = setTimeout(() => this.#end(), lastWordsMs);
  }

  #end(byRequest = false): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#clearDeadline();
    this.#onEnd(byRequest);
    this.onclose?.();
  }
}

function flush(output: Writable, keep: boolean): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      clearTimeout(timer);
      resolve();
    };
    const timer = setTimeout(done, flushMs);
    output.once("close", done);
    // Also called with an error when the stream has ended or failed already.
    if (keep) output.write("", done);
    else output.end(done);
  });
}

function closedError(): OmgError {
  return new OmgError("upstream_closed", { message: "The connection is closed" });
}

function queueFullError(): OmgError {
  return new OmgError("overloaded", {
    detail: "queue_full",
    message: "The other side does not read its input; too many bytes wait for it",
  });
}

function stalledError(ms: number): OmgError {
  return new OmgError("upstream_closed", {
    detail: "write_deadline",
    executed: "unknown",
    message: `The other side has not read its input for ${ms / 1000} s`,
  });
}

function tooLargeError(limit: number): OmgError {
  return new OmgError("message_too_large", {
    executed: "unknown",
    message: `A message of more than ${limit} bytes arrived`,
  });
}

import type { Readable, Writable } from "node:stream";
import { batchElements, isBatch } from "./batch.ts";
import { type Frame, frameOf, parseFrame } from "./frame.ts";
import { closedError, tooLargeError } from "./line-errors.ts";
import { LineOutput } from "./line-output.ts";
import { LineSplitter } from "./line-splitter.ts";
import { bytesIn, joined } from "./pieces.ts";
import { type FrameExtra, type JsonRpcMessage, type Transport, taken } from "./transport.ts";

/** The streams of a transport of lines, its limits, and what its owner wants to hear. */
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
  /**
   * Write a message that comes alone at once, not at the end of the turn: where its reader can not be too early for what is still
   * to be done in that turn. Default: no.
   */
  readonly eager?: boolean;
  /** Takes lines that hold a JSON array. Default: each of its elements is read as if it stood alone. */
  readonly onBatch?: (line: Buffer) => void;
  /** Drop a last line that lacks its end and is no JSON: its writer went away. Default: it is reported like any other. */
  readonly dropCutOff?: boolean;
  /**
   * A last line that lacks its end is read only after this: its writer has ended, and whoever hears the message should know that
   * first. Default: it is read at once.
   */
  readonly beforeLastLine?: () => Promise<unknown>;
  /** Called at the end of the input, which then does not end the transport: answers can still be written. */
  readonly onInputEnd?: () => void;
  /** For the owner of the streams: the transport has ended, by `close()` or not. Called before `onclose`. */
  readonly onEnd?: (byRequest: boolean) => void;
}

/** A transport of lines, which may hold several messages. */
interface LineTransport extends Transport {
  sendFrame(frame: Frame): Promise<void>;
  /** Sends messages as one JSON-RPC batch. */
  sendBatch(frames: readonly Frame[]): Promise<void>;
}

/**
 * Newline-delimited JSON-RPC (the MCP stdio transport) over two streams. The end of either stream is the end of the
 * transport. A line that is no message is reported to `onerror` and skipped; a fault that ends the transport is
 * reported to `onerror` just before `onclose`.
 */
export function lineTransport(options: LineTransportOptions): LineTransport {
  return new StreamTransport(options);
}

/** A side that closed its input may have written last words before; they get this long to arrive. */
const lastWordsMs = 250;
const flushMs = 1000;
const maxBatchMessages = 1000;

class StreamTransport implements LineTransport {
  onmessage?: ((message: JsonRpcMessage) => void) | undefined;
  onclose?: (() => void) | undefined;
  onerror?: ((error: Error) => void) | undefined;
  onframe?: ((frame: Frame, extra?: FrameExtra) => void) | undefined;

  readonly #input: Readable;
  readonly #output: Writable;
  readonly #lineOutput: LineOutput;
  readonly #keepOutput: boolean;
  readonly #maxMessageBytes: number;
  readonly #onBatch: (line: Buffer) => void;
  readonly #dropCutOff: boolean;
  readonly #beforeLastLine: (() => Promise<unknown>) | undefined;
  readonly #onInputEnd: () => void;
  readonly #onEnd: (byRequest: boolean) => void;
  readonly #lines = new LineSplitter();
  #closed = false;
  #outputIsGone = false;
  #lastWordsTimer: NodeJS.Timeout | undefined;

  constructor(options: LineTransportOptions) {
    this.#input = options.input;
    this.#output = options.output;
    this.#lineOutput = new LineOutput({
      output: options.output,
      maxQueuedBytes: options.maxQueuedBytes ?? 4 * 1024 * 1024,
      writeDeadlineMs: options.writeDeadlineMs ?? 10_000,
      eager: options.eager ?? false,
      onStall: (error) => this.#fail(error),
    });
    this.#keepOutput = options.keepOutput ?? false;
    this.#maxMessageBytes = options.maxMessageBytes ?? 16 * 1024 * 1024;
    this.#onBatch = options.onBatch ?? ((line) => this.#readBatch(line));
    this.#dropCutOff = options.dropCutOff ?? false;
    this.#beforeLastLine = options.beforeLastLine;
    this.#onInputEnd = options.onInputEnd ?? (() => this.#end());
    this.#onEnd = options.onEnd ?? (() => {});
  }

  async start(): Promise<void> {
    this.#lineOutput.start();
    this.#output.on("error", (error) => this.#outputWent(error));
    this.#output.on("close", () => this.#outputWent());
    this.#input.on("error", (error) => this.#fail(error));
    this.#input.on("data", (chunk: Buffer) => this.#read(chunk));
    this.#input.on("end", () => {
      const isCutOff = this.#lines.pendingBytes > 0;
      if (isCutOff && this.#beforeLastLine) void this.#beforeLastLine().then(() => this.#readLast());
      else if (isCutOff) this.#readLast();
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
    const refusal = this.#isOver ? closedError() : this.#lineOutput.write(frame);
    return refusal ? Promise.reject(refusal) : taken;
  }

  sendBatch(frames: readonly Frame[]): Promise<void> {
    const refusal = this.#isOver ? closedError() : this.#lineOutput.writeBatch(frames);
    return refusal ? Promise.reject(refusal) : taken;
  }

  /** Nothing can be sent any more. */
  get #isOver(): boolean {
    return this.#closed || this.#outputIsGone;
  }

  /** Resolves when what was sent is written, or can not be within a second. */
  async close(): Promise<void> {
    this.#lineOutput.flush();
    const flushed = flush(this.#output, this.#keepOutput);
    this.#end(true);
    await flushed;
  }

  #read(chunk: Buffer): void {
    if (this.#closed) return;
    this.#lines.push(chunk, (line) => this.#readLine(line));
    if (this.#lines.pendingBytes > this.#maxMessageBytes) this.#fail(tooLargeError(this.#maxMessageBytes));
  }

  #readLast(): void {
    const line = this.#lines.flush();
    if (!this.#dropCutOff || isJson(joined(line))) this.#readLine(line);
  }

  #readLine(line: readonly Buffer[]): void {
    const length = bytesIn(line);
    if (length === 0 || this.#closed) return;
    if (length > this.#maxMessageBytes) {
      this.#fail(tooLargeError(this.#maxMessageBytes));
      return;
    }
    const text = withoutMark(line);
    if (isBatch(...text)) this.#onBatch(joined(text));
    else this.#readMessage(text);
  }

  #readBatch(line: Buffer): void {
    let messages: Buffer[];
    try {
      messages = batchElements(line, maxBatchMessages);
    } catch (error) {
      this.onerror?.(error as Error);
      return;
    }
    for (const message of messages) this.#readMessage([message]);
  }

  #readMessage(pieces: readonly Buffer[]): void {
    if (this.#closed) return;
    let frame: Frame;
    try {
      frame = parseFrame(...pieces);
    } catch (error) {
      this.onerror?.(error as Error);
      return;
    }
    if (this.onframe) this.onframe(frame);
    else this.onmessage?.(frame.value());
  }

  #fail(error: Error): void {
    if (this.#closed) return;
    this.onerror?.(error);
    this.#end();
  }

  #outputWent(error?: Error): void {
    if (this.#closed || this.#outputIsGone) return;
    this.#outputIsGone = true;
    if (error && !isReaderGone(error)) this.onerror?.(error);
    this.#lineOutput.forgetStall();
    this.#lastWordsTimer = setTimeout(() => this.#end(), lastWordsMs);
  }

  #end(byRequest = false): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#lineOutput.forgetStall();
    clearTimeout(this.#lastWordsTimer);
    this.#onEnd(byRequest);
    this.onclose?.();
  }
}

/** Whoever read has gone, which is an end and no fault: how it went is told by whoever watches it. */
function isReaderGone({ code }: NodeJS.ErrnoException): boolean {
  return code === "EPIPE" || code === "ECONNRESET";
}

/** Readers of JSON may ignore a byte order mark (RFC 8259), and some systems write one ahead of any text. */
function withoutMark(text: readonly Buffer[]): readonly Buffer[] {
  const [first] = text;
  const isMarked = first?.[0] === 0xef && first[1] === 0xbb && first[2] === 0xbf;
  return isMarked ? text.with(0, first.subarray(3)) : text;
}

function isJson(bytes: Buffer): boolean {
  try {
    JSON.parse(joined(withoutMark([bytes])).toString());
    return true;
  } catch {
    return false;
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

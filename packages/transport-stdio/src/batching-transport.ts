import {
  batchFrames,
  errorFrame,
  type Frame,
  frameOf,
  type JsonRpcMessage,
  type LineTransportOptions,
  lineTransport,
  OmgError,
  type RequestId,
  type Transport,
} from "@omg/core";
import { versionIn } from "./handshake.ts";
import { inFlight } from "./refusals.ts";

const batchVersion = "2025-03-26";
const maxMessages = 100;
/** Bytes that may wait for the client: several of the longest answers, since one that can not be sent ends the session. */
const maxQueuedBytes = 64 * 1024 * 1024;
const taken = Promise.resolve();

/** The answers of a batch: how many are still to come, and those that are there. */
interface Batch {
  owed: number;
  readonly answers: Frame[];
}

/**
 * The lines of one client, as single messages: a JSON-RPC batch, which only revision 2025-03-26 of MCP has, is split,
 * and its answers leave as one batch when all are there.
 */
export class BatchingTransport implements Transport {
  onframe: Transport["onframe"];
  onerror: Transport["onerror"];
  onclose: Transport["onclose"];

  readonly #lines: ReturnType<typeof lineTransport>;
  /** Requests that came in a batch and wait for their answer. */
  readonly #open = new Map<RequestId, Batch>();
  #initialize: RequestId | undefined;
  #version: string | undefined;

  constructor(options: LineTransportOptions) {
    this.#lines = lineTransport({ maxQueuedBytes, ...options, onBatch: (line) => this.#split(line) });
    this.#lines.onframe = (frame) => this.#receive(frame);
    this.#lines.onerror = (error) => this.onerror?.(error);
    this.#lines.onclose = () => this.onclose?.();
  }

  start(): Promise<void> {
    return this.#lines.start();
  }

  send(message: JsonRpcMessage): Promise<void> {
    return this.sendFrame(frameOf(message));
  }

  sendFrame(frame: Frame): Promise<void> {
    const { kind, id } = frame.head;
    if (id === undefined || kind === "request") return this.#lines.sendFrame(frame);
    if (id === this.#initialize) this.#initialized(frame);
    const batch = this.#take(id);
    if (batch === undefined) return this.#lines.sendFrame(frame);
    batch.answers.push(frame);
    return this.#sendIfWhole(batch);
  }

  /** Also sends what is there of batches that are not whole. */
  async close(): Promise<void> {
    for (const { answers } of new Set(this.#open.values())) this.#sendAnswers(answers).catch(() => {});
    this.#open.clear();
    await this.#lines.close();
  }

  #receive(frame: Frame): void {
    const { kind, id, method } = frame.head;
    if (kind === "request" && id !== undefined && this.#open.has(id)) {
      // The batch would take the answer to this one for its own.
      this.#lines.sendFrame(errorFrame(id, inFlight(id))).catch(() => {});
      return;
    }
    if (kind === "request" && method === "initialize") this.#initialize = id;
    this.#hand(frame);
  }

  #split(line: Buffer): void {
    let frames: readonly Frame[];
    try {
      frames = this.#accept(line);
    } catch (error) {
      this.onerror?.(error as Error);
      return;
    }
    const ids = requestIds(frames);
    const batch: Batch = { owed: ids.length, answers: [] };
    for (const id of ids) this.#open.set(id, batch);
    for (const frame of frames) this.#hand(frame);
  }

  #accept(line: Buffer): readonly Frame[] {
    if (this.#version !== batchVersion) {
      throw new OmgError("invalid_request", {
        message: `Batches exist in revision ${batchVersion} only; send one message a line`,
      });
    }
    const frames = batchFrames(line, maxMessages);
    const again = requestIds(frames).find((id) => this.#open.has(id));
    if (again !== undefined) throw inFlight(again);
    return frames;
  }

  #hand(frame: Frame): void {
    this.onframe?.(frame);
    const { method, requestId } = frame.head;
    if (method !== "notifications/cancelled" || requestId === undefined) return;
    const batch = this.#take(requestId);
    if (batch) this.#sendIfWhole(batch).catch(() => {});
  }

  #initialized(answer: Frame): void {
    this.#initialize = undefined;
    this.#version = versionIn(answer) ?? this.#version;
  }

  /** The batch that waits for an answer to this request, and from now on no longer does. */
  #take(id: RequestId): Batch | undefined {
    const batch = this.#open.get(id);
    if (batch === undefined) return undefined;
    this.#open.delete(id);
    batch.owed--;
    return batch;
  }

  #sendIfWhole({ owed, answers }: Batch): Promise<void> {
    return owed === 0 ? this.#sendAnswers(answers) : taken;
  }

  #sendAnswers(answers: readonly Frame[]): Promise<void> {
    return answers.length === 0 ? taken : this.#lines.sendBatch(answers);
  }
}

function requestIds(frames: readonly Frame[]): RequestId[] {
  return frames.flatMap(({ head }) => (head.kind === "request" && head.id !== undefined ? [head.id] : []));
}

import { type Frame, type FrameExtra, OmgError, type RequestId } from "@omg/core/runtime";
import { CallSignal, type Signal } from "./call-signal.ts";
import { EventCursor } from "./event-cursor.ts";
import { failure, isConnectFailure } from "./failures.ts";
import type { HttpResponse } from "./http-client.ts";
import { messagesOf, takeMessages } from "./messages.ts";
import { pause as realPause } from "./pause.ts";
import { isEventStream, letGo, mediaTypeOf, readAll, readEvents } from "./read-body.ts";

export interface AnswerStreamOptions {
  readonly url: URL;
  /** The request whose answer this is. */
  readonly id: RequestId;
  /** Takes a message of the server to core. */
  readonly deliver: (frame: Frame, extra: FrameExtra) => void;
  /** The server has ended a stream ahead of its answer; it wants to be left alone for so long, if it says so. */
  readonly onClose: (retryMs: number | undefined) => void;
  /** Something came that is no message. */
  readonly onBadMessage: (error: OmgError) => void;
  /** Asks for what came after an event. */
  readonly resume: (lastEventId: string, signal: Signal) => Promise<HttpResponse>;
  /** For tests. */
  readonly pause?: typeof realPause;
}

/** Attempts in a row to come back that did not reach the stream. */
const maxFailures = 5;
/** Streams in a row that brought nothing new. A server may close them to save connections (MCP 2025-11-25). */
const maxEmptyStreams = 60;
/** Milliseconds that a server gets to end a stream itself, so that the connection can be used again. */
const lingerMs = 1000;

/** What a server answers to one POST, over as many connections as it takes. */
export class AnswerStream {
  readonly #options: AnswerStreamOptions;
  readonly #signal = new CallSignal();
  readonly #cursor = new EventCursor();
  #answered = false;
  #stopLingering = () => {};

  constructor(options: AnswerStreamOptions) {
    this.#options = options;
  }

  /** Aborts when the reading is to end. */
  get signal(): Signal {
    return this.#signal;
  }

  /** Ends the reading, which rejects with `why` unless the answer is there. */
  abandon(why: OmgError): void {
    this.#signal.abort(why);
  }

  /** Resolves when the answer is delivered and the stream is over. Rejects with an `OmgError` when there will be none. */
  async read(response: HttpResponse): Promise<void> {
    try {
      await this.#read(response);
    } catch (error) {
      if (!this.#answered) throw this.signal.aborted ? this.signal.reason : error;
    } finally {
      this.#stopLingering();
    }
  }

  async #read(response: HttpResponse): Promise<void> {
    const { url } = this.#options;
    const type = mediaTypeOf(response.headers);
    if (type === "application/json") this.#takeJson(await readAll(url, response));
    else if (type === "text/event-stream") await this.#readStream(response);
    else {
      letGo(response);
      const what = type || "something without a type";
      throw failure(
        "upstream_protocol_error",
        url,
        `answered with ${what} instead of JSON; is this the address of an MCP endpoint?`,
        { executed: "unknown" },
      );
    }
    if (!this.#answered)
      throw failure("upstream_closed", url, "ended its answer before the result was there", {
        executed: "unknown",
      });
  }

  async #readStream(first: HttpResponse): Promise<void> {
    const cursor = this.#cursor;
    let response: HttpResponse | undefined = first;
    let failures = 0;
    let empty = 0;
    for (;;) {
      const before = cursor.lastEventId;
      const ended = response !== undefined && (await this.#readOnce(response));
      if (this.#answered || cursor.lastEventId === undefined) return;
      failures = response ? 0 : failures + 1;
      empty = cursor.lastEventId === before ? empty + 1 : 0;
      if (failures >= maxFailures || empty >= maxEmptyStreams) return;
      if (ended) this.#options.onClose(cursor.retryMs);
      response = await this.#comeBack(cursor.lastEventId, failures);
    }
  }

  /** Resolves with whether the server has ended the stream; it may have been cut off, too. */
  async #readOnce(response: HttpResponse): Promise<boolean> {
    try {
      await readEvents(this.#options.url, response, {
        onEvent: (_event, data) => {
          if (data !== "" && !this.#answered) this.#take(Buffer.from(data));
          if (this.#answered) this.#linger(response);
        },
        onId: (id) => this.#cursor.passed(id),
        onRetry: (ms) => this.#cursor.retryAfter(ms),
      });
      return true;
    } catch (error) {
      if (this.signal.aborted || !isCut(error) || this.#cursor.lastEventId === undefined) throw error;
      return false;
    }
  }

  /** The stream of what came after an event; undefined if it may be there later. */
  async #comeBack(lastEventId: string, failures: number): Promise<HttpResponse | undefined> {
    const { pause = realPause, resume, url } = this.#options;
    await pause(this.#cursor.pauseMs(failures), this.signal);
    const response = await resume(lastEventId, this.signal).catch((error: unknown) => {
      if (!this.signal.aborted && (isCut(error) || isConnectFailure(error))) return undefined;
      throw error;
    });
    if (!response || isEventStream(response)) return response;
    letGo(response);
    const { status } = response;
    if (status >= 500 || status === 429 || status === 409) return undefined;
    throw failure("upstream_closed", url, `does not go on with an answer that was cut off (${status})`, {
      executed: "unknown",
    });
  }

  /** What may still come belongs to nobody. */
  #linger({ body }: HttpResponse): void {
    if (Buffer.isBuffer(body)) return;
    const timer = setTimeout(() => body.destroy(), lingerMs);
    this.#stopLingering = () => clearTimeout(timer);
  }

  #takeJson(bytes: Buffer): void {
    const { url, onBadMessage } = this.#options;
    try {
      for (const frame of messagesOf(bytes)) this.#deliver(frame, false);
    } catch (error) {
      if (!OmgError.is(error)) throw error;
      onBadMessage(error);
      throw failure("upstream_protocol_error", url, `answered with what is no message: ${error.message}`, {
        executed: "unknown",
        cause: error,
      });
    }
  }

  #take(bytes: Buffer): void {
    const onBad = this.#options.onBadMessage;
    takeMessages(bytes, { deliver: (frame) => this.#deliver(frame, true), onBad });
  }

  #deliver(frame: Frame, streamed: boolean): void {
    const { id, deliver } = this.#options;
    const { kind } = frame.head;
    if ((kind === "result" || kind === "error") && frame.head.id === id) this.#answered = true;
    deliver(frame, { requestId: id, streamed });
  }
}

/** The connection broke off, which says nothing about the server. */
function isCut(error: unknown): boolean {
  return OmgError.is(error) && (error.reason === "upstream_closed" || error.reason === "upstream_timeout");
}

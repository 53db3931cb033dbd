import { type Frame, OmgError, parseFrame, type RequestId } from "@omg/core/runtime";
import { failure, statusFailure } from "./failures.ts";
import type { HttpResponse } from "./http-client.ts";
import { maxMessageBytes, mediaTypeOf, readAll, readEvents } from "./read-body.ts";

export interface AnswerStreamOptions {
  readonly url: URL;
  /** The request whose answer this is. */
  readonly id: RequestId;
  /** Takes a message of the server to core, with the request whose stream brought it. */
  readonly deliver: (frame: Frame, id: RequestId) => void;
  readonly onBadMessage: (error: OmgError) => void;
  /** Asks for what came after an event. */
  readonly resume: (lastEventId: string, signal: AbortSignal) => Promise<HttpResponse>;
  readonly pause: (ms: number, signal: AbortSignal) => Promise<void>;
}

const maxResumptions = 5;
const firstPauseMs = 1000;
const longestPauseMs = 30_000;

/** What a server answers to one POST, over as many connections as it takes. */
export class AnswerStream {
  readonly #options: AnswerStreamOptions;
  readonly #abort = new AbortController();
  #answered = false;
  #lastEventId: string | undefined;
  #retryMs = firstPauseMs;

  constructor(options: AnswerStreamOptions) {
    this.#options = options;
  }

  get signal(): AbortSignal {
    return this.#abort.signal;
  }

  /** Nobody waits any more. */
  abandon(): void {
    this.#abort.abort(new OmgError("cancelled", { message: "Nobody waits for the answer any more" }));
  }

  /** Resolves when the answer is delivered. Rejects with an `OmgError` when there will be none. */
  async read(response: HttpResponse): Promise<void> {
    const { url } = this.#options;
    if (response.status !== 200) {
      response.body.destroy();
      throw statusFailure(url, response.status, response.headers);
    }
    const type = mediaTypeOf(response.headers);
    if (type === "application/json") this.#take(await readAll(url, response.body));
    else if (type === "text/event-stream") await this.#readStream(response);
    else {
      response.body.destroy();
      throw failure(
        "upstream_protocol_error",
        url,
        `answered with ${type || "something without a type"} instead of JSON; is this the address of an MCP endpoint?`,
        { executed: "unknown" },
      );
    }
    if (!this.#answered)
      throw failure("upstream_closed", url, "ended its answer before the result was there", {
        executed: "unknown",
      });
  }

  async #readStream(first: HttpResponse): Promise<void> {
    let response: HttpResponse | undefined = first;
    for (let resumptions = 0; ; resumptions++) {
      const before = this.#lastEventId;
      try {
        if (response) await this.#readOnce(response);
      } catch (error) {
        if (this.signal.aborted) throw this.signal.reason;
        if (!isCut(error) || this.#lastEventId === undefined) throw error;
      }
      if (this.#answered || this.#lastEventId === undefined) return;
      if (this.#lastEventId !== before) resumptions = 0;
      if (resumptions >= maxResumptions) return;
      response = await this.#comeBack(resumptions);
    }
  }

  async #comeBack(failures: number): Promise<HttpResponse | undefined> {
    const { pause, resume, url } = this.#options;
    await pause(Math.min(this.#retryMs * 2 ** failures, longestPauseMs), this.signal);
    const response = await resume(this.#lastEventId as string, this.signal).catch((error: unknown) => {
      if (isCut(error) || (OmgError.is(error) && error.detail === "connect")) return undefined;
      throw error;
    });
    if (!response || (response.status === 200 && mediaTypeOf(response.headers) === "text/event-stream"))
      return response;
    response.body.destroy();
    if (response.status >= 500 || response.status === 429) return undefined;
    throw failure(
      "upstream_closed",
      url,
      `does not go on with an answer that was cut off (${response.status})`,
      { executed: "unknown" },
    );
  }

  async #readOnce({ body }: HttpResponse): Promise<void> {
    const stop = () => body.destroy();
    this.signal.addEventListener("abort", stop, { once: true });
    try {
      await readEvents(this.#options.url, body, {
        onEvent: ({ id, data }) => {
          if (id !== undefined && !id.includes("\0")) this.#lastEventId = id;
          if (data !== "") this.#take(Buffer.from(data));
          // What may still come belongs to nobody.
          if (this.#answered) body.destroy();
        },
        onRetry: (ms) => {
          this.#retryMs = Math.min(Math.max(ms, firstPauseMs), longestPauseMs);
        },
      });
    } catch (error) {
      if (!this.#answered) throw error;
    } finally {
      this.signal.removeEventListener("abort", stop);
    }
  }

  #take(bytes: Buffer): void {
    const { id, deliver, onBadMessage } = this.#options;
    let frame: Frame;
    try {
      frame = parseFrame(bytes.length > maxMessageBytes ? bytes.subarray(0, 0) : bytes);
    } catch (error) {
      onBadMessage(error as OmgError);
      return;
    }
    const { kind } = frame.head;
    if ((kind === "result" || kind === "error") && frame.head.id === id) this.#answered = true;
    deliver(frame, id);
  }
}

/** The connection broke off, which says nothing about the server. */
function isCut(error: unknown): boolean {
  return OmgError.is(error) && (error.reason === "upstream_closed" || error.reason === "upstream_timeout");
}

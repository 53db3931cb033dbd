import type { Dispatcher } from "undici";
import { describe, expect, test } from "vitest";
import { exchange } from "../src/exchange.ts";

const events = { "content-type": "text/event-stream" };

/** A dispatcher that says what a test has it say, as undici would. */
function scripted(script: (say: Say) => void, signal?: AbortSignal) {
  const dispatcher = {
    dispatch(_options: unknown, handler: Required<Dispatcher.DispatchHandler>) {
      const controller = {
        pause() {},
        resume() {},
        abort: (error: Error) => handler.onResponseError(controller, error),
      } as unknown as Dispatcher.DispatchController;
      handler.onRequestStart(controller, undefined);
      script({
        head: (headers, status = 200) => handler.onResponseStart(controller, status, headers),
        chunk: (text) => handler.onResponseData(controller, Buffer.from(text)),
        end: () => handler.onResponseEnd(controller, {}),
        fail: (error) => handler.onResponseError(controller, error),
      });
      return true;
    },
  } as unknown as Dispatcher;
  const failureOf = (error: Error) => new Error(`on its way: ${error.message}`);
  return exchange(dispatcher, { origin: "http://127.0.0.1", path: "/", method: "POST", signal, failureOf });
}

interface Say {
  head(headers: Record<string, string>, status?: number): void;
  chunk(text: string): void;
  end(): void;
  fail(error: Error): void;
}

describe("the body of an answer", () => {
  test("is there as a whole if all of it came at once, whatever it is", async () => {
    for (const [headers, status] of [
      [events, 200],
      [{}, 404],
    ] as const) {
      const { body } = await scripted(({ head, chunk, end }) => {
        head(headers, status);
        chunk("data: a\n");
        chunk("\n");
        end();
      });
      expect(String(body)).toBe("data: a\n\n");
      expect(Buffer.isBuffer(body)).toBe(true);
    }
  });

  test("is a stream of what came with the head and of what comes later, in order", async () => {
    const later = Promise.withResolvers<Say>();
    const { body } = await scripted((say) => {
      say.head(events);
      say.chunk("data: a\n");
      later.resolve(say);
    });
    const { chunk, end } = await later.promise;
    chunk("data: b\n\n");
    end();
    const chunks: string[] = [];
    for await (const piece of body) chunks.push(String(piece));
    expect(chunks.join("")).toBe("data: a\ndata: b\n\n");
  });

  test("is a stream if it is encoded, so that no more of it is inflated than is read", async () => {
    const { body } = await scripted(({ head, chunk, end }) => {
      head({ ...events, "content-encoding": "gzip" });
      chunk("…");
      end();
    });
    expect(Buffer.isBuffer(body)).toBe(false);
  });

  test("that breaks off at once is no answer", async () => {
    const answer = scripted(({ head, chunk, fail }) => {
      head(events);
      chunk("data: a\n\n");
      fail(new Error("reset"));
    });
    await expect(answer).rejects.toThrow("reset");
  });

  test("is nobody's any more once the signal has aborted", async () => {
    const abort = new AbortController();
    const answer = scripted(({ head }) => {
      head(events);
      abort.abort(new Error("nobody waits"));
    }, abort.signal);
    await expect(answer).rejects.toThrow("nobody waits");
  });
});

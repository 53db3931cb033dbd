import { Readable } from "node:stream";
import type { HttpResponse } from "../../src/http-client.ts";

/** An answer that is an event stream of this text. */
export function eventsOf(text: string): HttpResponse {
  return response(200, { "content-type": "text/event-stream" }, text);
}

/** An event stream of this text whose connection breaks then. */
export function cutOff(text: string): HttpResponse {
  const body = Readable.from(
    (async function* () {
      yield Buffer.from(text);
      throw Object.assign(new Error("reset"), { code: "ECONNRESET" });
    })(),
  );
  return { status: 200, headers: { "content-type": "text/event-stream" }, body };
}

/** An answer without a body. */
export function statusOf(status: number): HttpResponse {
  return response(status, {}, "");
}

function response(status: number, headers: HttpResponse["headers"], text: string): HttpResponse {
  const body = Readable.from([Buffer.from(text)]);
  return {
    status,
    headers,
    body: Object.assign(body, { dump: async () => {} }) as unknown as HttpResponse["body"],
  };
}

/** What comes of asking: an answer, or no connection. */
export type Next = HttpResponse | { readonly reason: string; readonly detail: string };

export const refusedConnection = { reason: "upstream_start_failed", detail: "connect" };

/** Answers with it, or rejects as a client would. */
export async function answered(next: Next | undefined): Promise<HttpResponse> {
  if (next === undefined) throw new Error("asked too often");
  if ("status" in next) return next;
  throw Object.assign(new Error("refused"), next, { [Symbol.for("omg.error")]: true });
}

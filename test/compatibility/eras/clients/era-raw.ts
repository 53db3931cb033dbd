import { type Raw, RawRefusal, request } from "../../clients/raw.ts";
import type { Json } from "../../clients/test-client.ts";

/** What came of a request. */
export interface RawAnswer {
  /** Of HTTP, where there is such a thing. */
  readonly status: number | undefined;
  /** What came ahead of the answer, on the request's own stream or the one pipe there is. */
  readonly before: readonly Json[];
  /** Set unless it is an error. */
  readonly result: Json | undefined;
  readonly error: { readonly code: number; readonly message: string; readonly data?: Json } | undefined;
}

export interface RawAskOptions {
  readonly id?: number | string;
  readonly meta?: Json;
  /** In the place of those that go with a request, or beyond them. */
  readonly headers?: Readonly<Record<string, string>>;
  /** What the client can do. Default: everything. Clients with a session have said so before. */
  readonly capabilities?: Json;
}

/** A conversation in text, for what the SDK's clients hide. */
export interface EraRaw extends AsyncDisposable {
  /** The result of `initialize`, for clients with a session. */
  readonly introduction?: Json;
  ask(method: string, params?: Json, options?: RawAskOptions): Promise<RawAnswer>;
}

export function readAnswer(came: readonly string[], status?: number): RawAnswer {
  const messages = came.map((text) => JSON.parse(text) as Json);
  const { result, error } = (messages.at(-1) ?? {}) as Pick<RawAnswer, "result" | "error">;
  return { status, before: messages.slice(0, -1), result, error };
}

let ids = 0;

/** A request's id that no other has, unless one is wanted. */
export function newId(): string {
  return `raw-${++ids}`;
}

/** A client with a session. */
export function legacyRaw(raw: Raw): EraRaw {
  return {
    introduction: raw.introduction,
    async ask(method, params = {}, { id = newId(), meta } = {}) {
      try {
        return readAnswer(
          await raw.exchange(request(id, method, { ...params, ...(meta && { _meta: meta }) })),
        );
      } catch (error) {
        if (!(error instanceof RawRefusal)) throw error;
        return readAnswer([error.message], error.status);
      }
    },
    [Symbol.asyncDispose]: () => raw[Symbol.asyncDispose](),
  };
}

import type { Message } from "../message.ts";

/** The ways into the gateway that servers are tried through. */
export const fronts = ["http", "http-modern", "stdio"] as const;
export type FrontName = (typeof fronts)[number];

/** A client of the gateway's aggregate endpoint that hides nothing. */
export interface Front extends AsyncDisposable {
  /** Resolves with the answer, which may be an error. Aborting cancels the request as the protocol has it, and rejects. */
  request(method: string, params?: object, signal?: AbortSignal): Promise<Message>;
  /** Every message that came and was no answer, in its order. */
  readonly heard: readonly Message[];
}

export const clientInfo = { name: "test", version: "1" };

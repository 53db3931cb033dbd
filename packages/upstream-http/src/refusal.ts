import { cutText, type Frame, parseFrame } from "@omg/core/runtime";
import type { Advice } from "./failures.ts";
import type { HttpResponse } from "./http-client.ts";
import { letGo, mediaTypeOf, readAll } from "./read-body.ts";
import { statusFailure } from "./status-failure.ts";

/** What a server says with a status that is no answer. */
export interface Refusal {
  readonly status: number;
  /** Whether it has forgotten the session, if there was one. */
  readonly ofSession: boolean;
  /** Its JSON-RPC error, if it sent one. */
  readonly frame: Frame | undefined;
  readonly error: ReturnType<typeof statusFailure>;
}

const maxBytes = 64 * 1024;
const maxWords = 200;
/** How servers say it that do not know 404. */
const forgotten = /session|not initialized/i;

/** Reads what a server refuses a message with. Never rejects. */
export async function readRefusal(url: URL, response: HttpResponse, advice: Advice): Promise<Refusal> {
  const { status, headers } = response;
  const frame = await errorFrameOf(url, response);
  const value = frame?.value() as { error?: { message?: unknown } } | undefined;
  const said = cutText(String(value?.error?.message ?? "").replaceAll(/\s+/g, " "), maxWords);
  const ofSession = status === 404 || (status === 400 && forgotten.test(said));
  return { status, ofSession, frame, error: statusFailure(url, { status, headers, said }, advice) };
}

async function errorFrameOf(url: URL, response: HttpResponse): Promise<Frame | undefined> {
  if (response.status < 400 || mediaTypeOf(response.headers) !== "application/json") {
    letGo(response);
    return undefined;
  }
  try {
    const frame = parseFrame(await readAll(url, response, maxBytes));
    return frame.head.kind === "error" ? frame : undefined;
  } catch {
    return undefined;
  }
}

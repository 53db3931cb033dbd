import { type Frame, parseFrame } from "@omg/core";
import { createParser } from "eventsource-parser";
import { brokenOff, refusalOf, statusRefusal } from "./refusals.ts";

/**
 * Delivers what the response to a request holds: its one answer, and what comes before it. Rejects when it holds no
 * answer under the request's id, with what it says instead.
 */
export async function readAnswer(
  url: string,
  request: Frame,
  response: Response,
  deliver: (frame: Frame) => void,
): Promise<void> {
  let answered = false;
  let refusal: Error | undefined;
  const take = (frame: Frame) => {
    const { id, kind, method } = frame.head;
    if (method !== undefined) {
      if (response.ok) deliver(frame);
    } else if (id === request.head.id) {
      if (!answered) deliver(frame);
      answered = true;
    } else if (kind === "error" && id === undefined) refusal = refusalOf(frame, response.status);
  };
  let said: string | undefined;
  try {
    if (isEventStream(response)) await readEvents(response, take);
    else said = await readBody(response, take);
  } catch (error) {
    if (!answered && response.ok) throw brokenOff(url, error);
  }
  if (answered) return;
  throw refusal ?? (response.ok ? brokenOff(url) : statusRefusal(url, response, said));
}

export function isEventStream(response: Response): boolean {
  return response.headers.get("content-type")?.startsWith("text/event-stream") === true;
}

export async function readEvents(response: Response, deliver: (frame: Frame) => void): Promise<void> {
  const parser = createParser({
    onEvent: ({ data }) => data !== "" && deliver(parseFrame(Buffer.from(data))),
  });
  const decoder = new TextDecoder();
  for await (const chunk of response.body ?? []) parser.feed(decoder.decode(chunk, { stream: true }));
}

/** Lets go of a response that nobody needs. */
export async function discard(response: Response): Promise<void> {
  await response.body?.cancel().catch(() => {});
}

/** Takes the message in a body, if it is one; else gives what the body says to a person, if it does. */
async function readBody(response: Response, take: (frame: Frame) => void): Promise<string | undefined> {
  const body = Buffer.from(await response.arrayBuffer());
  if (!response.headers.get("content-type")?.startsWith("application/json")) return undefined;
  if (!body.includes('"jsonrpc"')) {
    const { message } = JSON.parse(body.toString()) as { message?: unknown };
    return typeof message === "string" ? message : undefined;
  }
  take(parseFrame(body));
  return undefined;
}

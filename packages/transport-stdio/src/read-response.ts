import { type Frame, OmgError, parseFrame } from "@omg/core";
import { isEventStream, type Position, readEvents } from "./event-stream.ts";
import { brokenOff, refusalOf, statusRefusal } from "./refusals.ts";
import { type ResumeOptions, resume } from "./resume.ts";

export interface AnswerOptions {
  readonly url: string;
  readonly request: Frame;
  readonly response: Response;
  readonly deliver: (frame: Frame) => void;
  /** How to come back for the rest of an event stream that broke off. Absent in the modern era: it is lost there. */
  readonly rest?: Pick<ResumeOptions, "request" | "pause">;
}

/**
 * Delivers what the response to a request holds: its one answer, and what comes before it. Rejects when it holds no
 * answer under the request's id, with what it says instead.
 */
export async function readAnswer(options: AnswerOptions): Promise<void> {
  const { url, request, response, deliver } = options;
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
  const done = () => answered || refusal !== undefined;
  let said: string | undefined;
  try {
    if (isEventStream(response)) await readStream(options, { take, done });
    else said = await readBody(response, take);
  } catch (error) {
    if (!answered && response.ok) throw brokenOff(url, error);
  }
  if (answered) return;
  throw refusal ?? (response.ok ? brokenOff(url) : statusRefusal(url, response, said));
}

/** Reads a stream to its end, and on where it broke off. */
async function readStream(
  { response, rest }: AnswerOptions,
  { take, done }: Pick<ResumeOptions, "take" | "done">,
): Promise<void> {
  const position: Position = {};
  try {
    await readEvents(response, { position, take });
  } catch (error) {
    if (OmgError.is(error)) throw error;
    // Broken off, like one that just ends.
  }
  if (response.ok && rest !== undefined) await resume({ position, take, done, ...rest });
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

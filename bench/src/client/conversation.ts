import type { HttpAnswer } from "./answer-reader.ts";
import type { HttpConnection } from "./http-connection.ts";

/** Where an MCP endpoint is. */
export interface Endpoint {
  readonly port: number;
  readonly path: string;
}

/** The bytes of an answer, in the pieces that came. */
export type Body = Pick<HttpAnswer, "pieces" | "length">;

/** One client's conversation with a server, on a connection that others may use too. */
export interface Conversation {
  /** The same session on another connection. */
  on(connection: HttpConnection): Conversation;
  /** Sends a request, its parameters written as JSON. Rejects if it is refused. */
  send(method: string, params: string): Promise<Body>;
  /** Ends the session, as far as the other side knows how. */
  end(): Promise<void>;
}

export const initializeParams = {
  protocolVersion: "2025-06-18",
  capabilities: {},
  clientInfo: { name: "bench", version: "1.0.0" },
};

/** Sends a request and reads its result. */
export async function ask(
  conversation: Conversation,
  method: string,
  params: object,
): Promise<Record<string, unknown>> {
  const text = textOf(await conversation.send(method, JSON.stringify(params)));
  const message = JSON.parse(text.startsWith("{") ? text : (/^data: (\{.*)$/m.exec(text)?.[1] ?? "null"));
  if (message?.result === undefined) throw new Error(`${method}: ${text}`);
  return message.result;
}

/** Whether an answer is what was asked for. */
export type AnswerCheck = (answer: Body) => boolean;

/** Passes an answer that holds this text. */
export function holds(text: string): AnswerCheck {
  return ({ pieces }) => Buffer.concat(pieces).includes(text);
}

/** Passes an answer of so many bytes or more. */
export function isLarge(bytes: number): AnswerCheck {
  return ({ length }) => length >= bytes;
}

/** Throws if an answer is not what was asked for. */
export function checked(answer: Body, check: AnswerCheck): void {
  if (!check(answer)) throw new Error(`Unexpected answer: ${textOf(answer).slice(0, 500)}`);
}

/** The body as text. */
export function textOf({ pieces }: Body): string {
  return Buffer.concat(pieces).toString("utf8");
}

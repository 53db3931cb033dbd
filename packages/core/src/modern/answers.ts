import { OmgError } from "../runtime/errors.ts";
import type { Frame } from "../runtime/frame.ts";
import { withModernCode } from "./error-codes.ts";
import type { Exchange } from "./exchange.ts";
import { inputRequired, mayNeedInput } from "./input-requests.ts";
import { missingCapabilityError, missingFor } from "./missing-capabilities.ts";
import type { RequestStates } from "./request-states.ts";
import { modernResult } from "./results.ts";
import { urlQuestions } from "./url-required.ts";

export interface AnswerFacts {
  /** What the client would have needed to answer what its server asked. */
  readonly missing: Readonly<Record<string, unknown>>;
  readonly serverInfo: unknown;
  readonly states: RequestStates;
}

/** The answer of an endpoint in the words of revision 2026-07-28. Throws for what they have no answer for. */
export function answerTo(
  exchange: Exchange,
  answer: Frame,
  { missing, serverInfo, states }: AnswerFacts,
): Frame {
  const { id, method } = exchange;
  const isShort = Object.keys(missing).length > 0;
  if (isShort && saysThatItFailed(answer))
    throw missingCapabilityError(missing, "the tool failed without it");
  if (answer.head.kind !== "error") return readable(() => modernResult(answer, { id, method, serverInfo }));
  const questions = urlQuestions(answer);
  if (questions) return askForUrls(exchange, questions, states);
  if (isShort) throw missingCapabilityError(missing, errorTextOf(answer));
  return readable(() => withModernCode(answer));
}

/** An answer that is passed on is hardly read; one that must be may turn out to be none. */
function readable(rewritten: () => Frame): Frame {
  try {
    return rewritten();
  } catch (error) {
    const message = `The server's answer is not MCP: ${(error as Error).message}`;
    throw new OmgError("upstream_protocol_error", { message, executed: "unknown", cause: error });
  }
}

/** The call is over without having run: when the user has been at the URLs, it can begin anew. */
function askForUrls(exchange: Exchange, questions: ReadonlyMap<string, Frame>, states: RequestStates): Frame {
  if (!mayNeedInput(exchange.method)) {
    const message = `The server wants the user to visit a URL before ${exchange.method}, which MCP does not allow`;
    throw new OmgError("upstream_protocol_error", { message });
  }
  for (const question of questions.values()) {
    const missing = missingFor(exchange.envelope.capabilities, question);
    if (missing) throw missingCapabilityError(missing.required, "the user must visit a URL first");
  }
  return inputRequired(exchange.id, questions, states.seal(exchange, { call: "", round: 0 }));
}

/** A tool that could not ask mostly says so in a result. */
function saysThatItFailed(answer: Frame): boolean {
  const message = answer.head.kind === "result" ? answer.value() : undefined;
  return message !== undefined && "result" in message && message.result.isError === true;
}

function errorTextOf(answer: Frame): string {
  const message = answer.value();
  return "error" in message ? message.error.message : "";
}

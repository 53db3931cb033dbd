import { OmgError } from "../runtime/errors.ts";
import { type Frame, requestFrame } from "../runtime/frame.ts";

/** MCP 2025-11-25: the call needs what the user does at a URL first. */
const urlElicitationRequired = -32042;

/** Whether an answer says so. */
export function needsUrl(answer: Frame): boolean {
  // Reading a frame costs far more than looking for the number.
  if (answer.head.kind !== "error" || !answer.bytes.includes(`${urlElicitationRequired}`)) return false;
  const message = answer.value();
  return "error" in message && message.error?.code === urlElicitationRequired;
}

/**
 * The questions that an error of the legacy era stands for, by key: 2026-07-28 asks them with `input_required`. Undefined
 * for any other error. Throws where it names no URL.
 */
export function urlQuestions(error: Frame): Map<string, Frame> | undefined {
  const message = error.value();
  if (!needsUrl(error) || !("error" in message)) return undefined;
  const { elicitations } = (message.error.data ?? {}) as { elicitations?: unknown };
  const questions = (Array.isArray(elicitations) ? elicitations : []).flatMap((elicitation: unknown) => {
    const isUrl = typeof elicitation === "object" && elicitation !== null && "url" in elicitation;
    return isUrl ? [requestFrame(0, "elicitation/create", { mode: "url", ...elicitation })] : [];
  });
  if (questions.length > 0) return new Map(questions.map((question, index) => [`url${index + 1}`, question]));
  throw new OmgError("upstream_protocol_error", {
    message: `The server wants the user to visit a URL, but names none: ${message.error.message}`,
  });
}

/** The client came back without having done what the server needs first. */
export function declinedError(): OmgError {
  return new OmgError("cancelled", {
    message:
      "The user did not agree to what the server needs first at a URL, so the request was not run again",
  });
}

import { OmgError } from "../runtime/errors.ts";
import type { Frame } from "../runtime/frame.ts";
import { clientProfile, mustAnswer } from "../session/client-profile.ts";

/** What a question needs of the client that the client has not declared, as 2026-07-28 names it; undefined: nothing. */
export function missingFor(
  capabilities: Readonly<Record<string, unknown>>,
  question: Frame,
): { error: unknown; required: Record<string, unknown> } | undefined {
  try {
    mustAnswer(clientProfile({ capabilities }), question);
    return undefined;
  } catch (error) {
    return { error, required: neededBy(question) };
  }
}

/** The error of a request that needs more of its client than it has declared. */
export function missingCapabilityError(required: Readonly<Record<string, unknown>>, why: string): OmgError {
  return new OmgError("missing_capability", {
    executed: "unknown",
    message: `The server needs the client capability ${Object.keys(required).join(", ")}, which was not declared: ${why}`,
    data: { requiredCapabilities: required },
  });
}

function neededBy(question: Frame): Record<string, unknown> {
  const message = question.value();
  const params = ("params" in message && message.params) || {};
  switch (question.head.method) {
    case "elicitation/create":
      return { elicitation: { [typeof params.mode === "string" ? params.mode : "form"]: {} } };
    case "sampling/createMessage":
      return { sampling: params.tools === undefined && params.toolChoice === undefined ? {} : { tools: {} } };
    default:
      return { roots: {} };
  }
}

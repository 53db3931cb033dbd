import type { ElicitRequestFormParams, InputRequest } from "@modelcontextprotocol/server";
import type { Answer } from "./tool.ts";

type FormSchema = ElicitRequestFormParams["requestedSchema"];

/** A question to the user. */
export function elicit(message: string, requestedSchema: FormSchema): InputRequest {
  return { method: "elicitation/create", params: { message, requestedSchema } };
}

/** A question to the user for one required word. */
export function elicitWord(message: string, name: string): InputRequest {
  return elicit(message, { type: "object", properties: { [name]: { type: "string" } }, required: [name] });
}

/** A question to the user for a yes. */
export function confirm(message: string): InputRequest {
  return elicit(message, { type: "object", properties: { ok: { type: "boolean" } }, required: ["ok"] });
}

/** A question to the client's model. */
export function sample(words: string, maxTokens = 100): InputRequest {
  const content = { type: "text", text: words } as const;
  return { method: "sampling/createMessage", params: { messages: [{ role: "user", content }], maxTokens } };
}

/** The question which folders the client works in. */
export function listRoots(): InputRequest {
  return { method: "roots/list", params: {} };
}

/** Whether something can be an answer to a question. */
export function answers(question: InputRequest, answer: unknown): answer is Answer {
  if (typeof answer !== "object" || answer === null) return false;
  const field = {
    "elicitation/create": "action",
    "sampling/createMessage": "content",
    "roots/list": "roots",
  };
  return field[question.method] in answer;
}

/** What the user filled in. */
export function filledIn({ content }: Answer, name: string): string {
  return String((content as Answer | undefined)?.[name]);
}

/** What the model said. */
export function said({ content }: Answer): string {
  const [block] = [content].flat() as ({ type: string; text?: string } | undefined)[];
  return block?.type === "text" ? String(block.text) : JSON.stringify(content);
}

import { OmgError } from "../runtime/errors.ts";
import { type Frame, type RequestId, resultFrame } from "../runtime/frame.ts";
import { scanMembers } from "../runtime/json-members.ts";
import { objectAt } from "./envelope.ts";

const needingInput = new Set(["tools/call", "prompts/get", "resources/read"]);
const askable = new Set(["elicitation/create", "sampling/createMessage", "roots/list"]);

/** Whether the answer may be that input is needed (MCP 2026-07-28, multi round-trip requests). */
export function mayNeedInput(method: string): boolean {
  return needingInput.has(method);
}

/** Whether a server may ask this of a client. */
export function isAskable(method: unknown): method is string {
  return typeof method === "string" && askable.has(method);
}

/** Throws unless a client may be asked this for the sake of a request of this method. */
export function mustBeAskable(method: string, question: Frame): void {
  const asked = question.head.method ?? "";
  if (mayNeedInput(method) && isAskable(asked)) return;
  throw new OmgError("method_not_found", {
    message: `A client of MCP 2026-07-28 can not be asked ${asked} while it waits for ${method}`,
  });
}

/** The answer that asks the client for input, by keys of ours. */
export function inputRequired(
  id: RequestId,
  questions: ReadonlyMap<string, Frame>,
  requestState: string,
): Frame {
  const requests = inputRequestsText(questions);
  const state = JSON.stringify(requestState);
  return resultFrame(
    id,
    `{"resultType":"input_required","inputRequests":${requests},"requestState":${state}}`,
  );
}

/** What a client is asked, by keys of ours, as JSON. */
export function inputRequestsText(questions: ReadonlyMap<string, Frame>): string {
  const requests = [...questions].map(([key, { head, spans, bytes }]) => {
    const { payload } = spans;
    const params = payload ? `,"params":${bytes.toString("utf8", payload.start, payload.end)}` : "";
    return `${JSON.stringify(key)}:{"method":${JSON.stringify(head.method)}${params}}`;
  });
  return `{${requests.join(",")}}`;
}

/** The client's results by key, each as the answer to a server's request. Throws `bad_params` for what can be none. */
export function inputResponses(frame: Frame): Map<string, Frame> {
  const found = objectAt(frame, frame.spans.payload)?.members.get("inputResponses");
  if (!found) return new Map();
  const { bytes } = frame;
  if (bytes[found.start] !== 0x7b) throw badResponses("inputResponses must be an object");
  const whole = bytes.subarray(found.start, found.end);
  return new Map(
    [...scanMembers(whole)].map(([key, { start, end }]) => {
      if (whole[start] !== 0x7b)
        throw badResponses(`inputResponses[${JSON.stringify(key)}] must be a result`);
      return [key, resultFrame(0, whole.subarray(start, end))];
    }),
  );
}

function badResponses(message: string): OmgError {
  return new OmgError("bad_params", { message });
}

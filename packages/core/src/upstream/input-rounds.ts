import { randomUUID } from "node:crypto";
import { isObject } from "../is-object.ts";
import { withMembers } from "../modern/envelope.ts";
import { isAskable, mayNeedInput } from "../modern/input-requests.ts";
import { OmgError } from "../runtime/errors.ts";
import { type Frame, requestFrame } from "../runtime/frame.ts";
import { scanMembers } from "../runtime/json-members.ts";
import type { Params } from "../runtime/transport.ts";
import type { Call } from "../session/call.ts";
import { errorText } from "./error-text.ts";

/** How often one request may come back for more input. */
const maxRounds = 8;

interface Need {
  readonly inputRequests: Params;
  readonly requestState: unknown;
}

export interface InputRoundsOptions {
  readonly server: string;
  readonly call: Call;
  /** The client's request, in the form for a modern server. */
  readonly request: Frame;
  readonly send: (frame: Frame) => Promise<Frame>;
  /** The server makes a task of a call. */
  readonly onTask: (answer: Frame) => Promise<Frame>;
}

/**
 * Sends a legacy client's request, and asks the client for real whatever the server needs to know before it can answer:
 * each time it goes up anew, with the answers.
 */
export async function answerWithInput({
  server,
  call,
  request,
  send,
  onTask,
}: InputRoundsOptions): Promise<Frame> {
  let answer = await send(request);
  for (let round = 1; ; round++) {
    const type = resultType(answer);
    if (type === undefined || type === "complete") return answer;
    if (type === "task" && request.head.method === "tools/call") return onTask(answer);
    if (type !== "input_required") throw untold(server, `a result of the type ${JSON.stringify(type)}`);
    if (!mayNeedInput(request.head.method ?? "")) throw untold(server, "a need for input");
    if (round > maxRounds) throw untold(server, `a need for input ${round} times`);
    const need = needOf(server, answer);
    const inputResponses = await gather(server, call, need.inputRequests);
    answer = await send(retried(request, inputResponses, need.requestState));
  }
}

/** Reads a result only as far as it must. */
function resultType({ head, bytes, spans: { payload } }: Frame): unknown {
  if (head.kind !== "result" || payload === undefined || bytes[payload.start] !== 0x7b) return undefined;
  const result = bytes.subarray(payload.start, payload.end);
  const span = scanMembers(result).get("resultType");
  return span && JSON.parse(result.toString("utf8", span.start, span.end));
}

function needOf(server: string, answer: Frame): Need {
  const message = answer.value();
  const { inputRequests, requestState }: Params = "result" in message ? message.result : {};
  if (inputRequests === undefined && requestState === undefined) throw untold(server, "a need for no input");
  if (inputRequests !== undefined && !isObject(inputRequests))
    throw untold(server, "input requests that are none");
  return { inputRequests: inputRequests ?? {}, requestState };
}

/** Asks everything at once; the first failure withdraws the rest, and so does the cancellation of the call. */
export async function gather(server: string, call: Call, inputRequests: Params): Promise<Params> {
  const withdrawal = new AbortController();
  const { signal } = withdrawal;
  const cancelled = new Promise<never>((_resolve, reject) => {
    signal.addEventListener("abort", () => reject(signal.reason), { once: true });
  });
  cancelled.catch(() => {});
  call.holdBy({ giveUp: (error) => withdrawal.abort(error) });
  try {
    const asked = Object.entries(inputRequests).map(
      async ([key, question]) => [key, await ask(server, call, question, signal)] as const,
    );
    return Object.fromEntries(await Promise.race([Promise.all(asked), cancelled]));
  } catch (error) {
    withdrawal.abort(error);
    throw error;
  } finally {
    call.holdBy(undefined);
  }
}

async function ask(server: string, call: Call, question: unknown, signal: AbortSignal): Promise<Params> {
  const { method, params } = isObject(question) ? question : {};
  if (!isAskable(method)) throw untold(server, `an input request ${JSON.stringify(method)}`);
  const frame = requestFrame(0, method, legacyParams(params));
  const answer = await call.ask(frame, { signal, onProgress() {} });
  const message = answer.value();
  if ("result" in message) return message.result;
  // A person who was not asked has not agreed.
  if (method === "elicitation/create") return { action: "cancel" };
  throw new OmgError("bad_params", {
    server,
    executed: "unknown",
    message: `Server '${server}' needs an answer to ${method}; the client answered: ${errorText(message)}`,
  });
}

/** Up to 2025-11-25 a question that leads to a URL has an id. */
function legacyParams(params: unknown): Params | undefined {
  if (!isObject(params)) return undefined;
  return params.mode === "url" && params.elicitationId === undefined
    ? { ...params, elicitationId: randomUUID() }
    : params;
}

/** The request once more, with what the server wanted and, if it gave one, its state. */
function retried(request: Frame, inputResponses: Params, requestState: unknown): Frame {
  const { payload } = request.spans;
  const members = payload && scanMembers(request.bytes.subarray(payload.start, payload.end));
  if (members?.has("inputResponses") || members?.has("requestState")) throw notTheirs();
  return withMembers(request, { inputResponses, ...(requestState === undefined ? {} : { requestState }) });
}

function notTheirs(): OmgError {
  const message = "inputResponses and requestState belong to MCP 2026-07-28, which the client does not speak";
  return new OmgError("bad_params", { executed: "unknown", message });
}

function untold(server: string, what: string): OmgError {
  return new OmgError("upstream_protocol_error", {
    server,
    executed: "unknown",
    message: `Server '${server}' answered with ${what}, which a client of MCP before 2026-07-28 can not take`,
  });
}

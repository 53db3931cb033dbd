import type { RequestId } from "../../src/runtime/frame.ts";
import type { JsonRpcMessage, Params } from "../../src/runtime/transport.ts";
import { type FakeInstance, type FakeServer, fakeServer, text } from "./fake-runtime.ts";

export interface Question {
  readonly method: string;
  readonly params?: Params | undefined;
}

/** A server of the legacy era that asks its client things while its tools run. */
export class AskingServer {
  readonly server: FakeServer;
  /** How often each tool has run. */
  readonly runs: Record<string, number> = {};
  /** Under which id each question went out, in their order. */
  readonly asked: RequestId[] = [];
  readonly #waiting = new Map<RequestId, (answer: JsonRpcMessage) => void>();

  constructor(
    tools: Record<
      string,
      (
        ask: (...questions: Question[]) => Promise<unknown[]>,
        args: Params,
        instance: FakeInstance,
      ) => Promise<Params>
    >,
  ) {
    const handlers = Object.entries(tools).map(([name, run]) => [
      name,
      (args: Params, instance: FakeInstance) => {
        this.runs[name] = (this.runs[name] ?? 0) + 1;
        return run((...questions) => this.#ask(instance, questions), args, instance);
      },
    ]);
    this.server = fakeServer(Object.fromEntries(handlers), {
      beforeSend: (message) => {
        if (!("method" in message) && message.id !== undefined) this.#waiting.get(message.id)?.(message);
      },
    });
  }

  /** What came back for each question: its result, or its error. */
  #ask(instance: FakeInstance, questions: Question[]): Promise<unknown[]> {
    const answers = questions.map(({ method, params }) => {
      const id = `s${this.asked.length + 1}`;
      this.asked.push(id);
      const answer = new Promise<unknown>((resolve) =>
        this.#waiting.set(id, (message) =>
          resolve("result" in message ? message.result : "error" in message && message.error),
        ),
      );
      instance.say({ jsonrpc: "2.0", id, method, params });
      return answer;
    });
    return Promise.all(answers);
  }
}

export const form = (message: string): Question => ({
  method: "elicitation/create",
  params: { mode: "form", message, requestedSchema: { type: "object", properties: {} } },
});
export const sampling: Question = {
  method: "sampling/createMessage",
  params: { messages: [], maxTokens: 5 },
};
export const roots: Question = { method: "roots/list" };

/** A tool that asks these questions, one round after the other, and answers with all it was told. */
export function rounds(...all: Question[][]) {
  return async (ask: (...questions: Question[]) => Promise<unknown[]>): Promise<Params> => {
    const answers: unknown[] = [];
    for (const questions of all) answers.push(...(await ask(...questions)));
    return text(JSON.stringify(answers));
  };
}

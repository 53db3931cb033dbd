import { withoutEnvelope } from "../modern/envelope.ts";
import { OmgError } from "../runtime/errors.ts";
import { type Frame, requestFrame } from "../runtime/frame.ts";
import type { Params } from "../runtime/transport.ts";
import { Call, type Caller } from "../session/call.ts";
import type { Translator } from "../session/translator.ts";
import { errorText } from "./error-text.ts";

export interface LegacyTaskOptions {
  readonly server: string;
  /** As the server calls it. */
  readonly taskId: string;
  /** Who it is for, as the server's questions find them. */
  readonly client: Caller;
  readonly translator: Translator | undefined;
  /** Sends the frame of a call to the server. */
  readonly request: (call: Call) => Promise<Frame>;
}

/** One task (MCP 2025-11-25) of a server of the legacy era, run by the gateway for a client of the modern one. */
export class LegacyTask {
  readonly #options: LegacyTaskOptions;
  #isHearing = false;

  constructor(options: LegacyTaskOptions) {
    this.#options = options;
  }

  /** How it is, in the server's words. */
  async state(): Promise<Params> {
    const { server, taskId } = this.#options;
    const message = (await this.#ask("tasks/get")).value();
    if ("result" in message) return message.result;
    throw new OmgError("bad_params", {
      server,
      executed: "unknown",
      message: `Server '${server}' does not know task '${taskId}' any more: ${errorText(message)}`,
    });
  }

  /** What the call would have been answered, of a task that is over. */
  async outcome(): Promise<Frame> {
    return withoutEnvelope(await this.#ask("tasks/result"));
  }

  /** Servers may ask only while somebody waits for the result. */
  hear(): void {
    if (this.#isHearing) return;
    this.#isHearing = true;
    const heard = () => {
      this.#isHearing = false;
    };
    this.#ask("tasks/result").then(heard, heard);
  }

  /** A server need not know how to cancel, and a task may be over: neither is a fault. */
  async cancel(): Promise<void> {
    await this.#ask("tasks/cancel");
  }

  #ask(method: string): Promise<Frame> {
    const { taskId, client, translator, request } = this.#options;
    const call = new Call(requestFrame(0, method, { taskId }), client);
    call.translator = translator;
    return request(call);
  }
}

import { randomUUID } from "node:crypto";
import type { Clock } from "../clock.ts";
import { withMeta, withoutEnvelope } from "../modern/envelope.ts";
import { mustBeAskable } from "../modern/input-requests.ts";
import { missingFor } from "../modern/missing-capabilities.ts";
import { OpenQuestions } from "../modern/open-questions.ts";
import type { OmgError } from "../runtime/errors.ts";
import type { Frame } from "../runtime/frame.ts";
import type { AskOptions, Caller } from "../session/call.ts";
import type { Patience } from "./patience.ts";
import { relatedTask } from "./task-shapes.ts";

/**
 * Who a legacy server's task is for while its client of the modern era is away. What the server asks is kept for the
 * client to find at its next look; before there is a task, it is a matter of the call that makes it.
 */
export class TaskClient implements Caller {
  readonly id: string = `task-${randomUUID()}`;
  readonly era = "legacy";
  readonly capabilities: Readonly<Record<string, unknown>>;
  readonly questions = new OpenQuestions();
  /** Who makes the task, until it is made. */
  #maker: Caller | undefined;
  #onAsked = () => {};

  constructor(maker: Caller) {
    this.#maker = maker;
    this.capabilities = maker.capabilities;
  }

  made(): void {
    this.#maker = undefined;
  }

  tell(frame: Frame): void {
    this.#maker?.tell(frame);
  }

  /** The extension has no way to tell anything of a task but its state. */
  relay(): void {}

  async ask(question: Frame, options: AskOptions): Promise<Frame> {
    if (this.#maker) return this.#maker.ask(question, options);
    mustBeAskable("tools/call", question);
    const missing = missingFor(this.capabilities, question);
    if (missing) throw missing.error;
    const answer = this.questions.ask(withoutEnvelope(question), options.signal);
    this.#onAsked();
    return relatedAs(question, await answer);
  }

  /** Waits a moment for a question that is on its way. */
  async asked(ms: number, clock: Clock): Promise<void> {
    await new Promise<void>((resolve) => {
      const stop = clock.after(ms, resolve);
      this.#onAsked = () => {
        stop();
        resolve();
      };
    });
    this.#onAsked = () => {};
  }

  end(why: () => OmgError): void {
    this.#onAsked();
    this.questions.end(why);
  }
}

/** A client whose call waits for its task: it is asked for real, and takes its time. */
export function waitingClient(caller: Caller, patience: Patience): Caller {
  return {
    id: caller.id,
    era: "legacy",
    get capabilities() {
      return caller.capabilities;
    },
    get logLevel() {
      return caller.logLevel;
    },
    tell: (frame, call) => caller.tell(frame, call),
    relay: (server, frame) => caller.relay(server, frame),
    ask: (question, options) =>
      patience.pausing(async () => relatedAs(question, await caller.ask(withoutEnvelope(question), options))),
  };
}

/** The answer with the mark of the task that the question bears, as 2025-11-25 wants it. */
function relatedAs(question: Frame, answer: Frame): Frame {
  if (answer.head.kind !== "result" || !question.bytes.includes(relatedTask)) return answer;
  const message = question.value();
  const mark = "method" in message ? message.params?._meta?.[relatedTask] : undefined;
  return mark === undefined ? answer : withMeta(answer, { [relatedTask]: mark });
}

import { randomUUID } from "node:crypto";
import type { Clock } from "../clock.ts";
import type { Endpoint } from "../router/endpoint.ts";
import { OmgError } from "../runtime/errors.ts";
import type { Frame } from "../runtime/frame.ts";
import { type AskOptions, Call, type Caller } from "../session/call.ts";
import type { LogLevel } from "../session/log-level.ts";
import { mustRepeat } from "../upstream/repeated-arguments.ts";
import { answerTo } from "./answers.ts";
import type { Exchange } from "./exchange.ts";
import type { HeldCalls } from "./held-calls.ts";
import { inputRequired, inputResponses, mayNeedInput, mustBeAskable } from "./input-requests.ts";
import { missingFor } from "./missing-capabilities.ts";
import { OpenQuestions } from "./open-questions.ts";
import { badState, type RequestStates, stateLifetimeMs } from "./request-states.ts";
import { needsUrl } from "./url-required.ts";

export interface ModernCallParts {
  readonly clock: Clock;
  readonly states: RequestStates;
  readonly held: HeldCalls;
  readonly endpoint: (session: string) => Endpoint;
  /** The session under which its principal looks at what servers offer. */
  readonly visitor: string;
  /** Lets the server know which log messages the call wants; `told` resolves when it does. */
  readonly wantLogs: (call: ModernCall, level: LogLevel) => { told: Promise<void>; release(): void };
  /** The server has answered, or nobody waits for that any more. */
  readonly onEnd: (call: ModernCall) => void;
}

/** The exchange that waits for what comes of the call next. */
interface Waiting {
  readonly exchange: Exchange;
  resolve(answer: Frame): void;
  reject(error: unknown): void;
  leave(): void;
}

/** Questions that a server asks together go into one answer. */
const gatherMs = 10;

/**
 * One call of a client of the modern era, which has a session of its own as far as servers can tell. When its server asks
 * the client something, the call stays open there while the client's request is answered with `input_required`; the client
 * comes back with another request, and the call goes on. So it takes as many exchanges as it has questions, one at a time.
 */
export class ModernCall implements Caller {
  readonly id: string = `modern-${randomUUID()}`;
  readonly era = "modern";
  readonly principal: string;
  /** The one server that the client talks to, if not to all. */
  readonly server: string | undefined;
  readonly endpoint: Endpoint;
  readonly seat: string;
  readonly call: Call;
  /** Whether servers know anything of this call when it is over: an instance of its own, or a URL they sent its user to. */
  leavesTraces = false;
  readonly #parts: ModernCallParts;
  readonly #questions = new OpenQuestions();
  /** What servers wanted to ask, but the client can not answer. */
  readonly #missing: Record<string, unknown> = {};
  /** The latest of its exchanges. */
  #exchange: Exchange;
  #waiting: Waiting | undefined;
  #final: ((exchange: Exchange) => Frame) | undefined;
  #round = 0;
  #level: LogLevel | undefined;
  #releaseLevel = () => {};
  #stopGathering: (() => void) | undefined;
  #stopLifetime = () => {};

  constructor(exchange: Exchange, parts: ModernCallParts) {
    const { options, frame } = exchange;
    this.#parts = parts;
    this.#exchange = exchange;
    this.principal = options.principal;
    this.server = options.server;
    // A call that asks needs its instance for itself; those that only look may share one.
    this.seat = mayNeedInput(exchange.method) ? this.id : parts.visitor;
    this.endpoint = parts.endpoint(parts.visitor);
    this.call = new Call(frame, this);
    this.call.headers = options.headers;
  }

  get capabilities(): Readonly<Record<string, unknown>> {
    return this.#exchange.envelope.capabilities;
  }

  get logLevel(): LogLevel | undefined {
    return this.#exchange.envelope.logLevel;
  }

  /** Runs the call. Resolves with its answer, or with what is needed first. */
  start(run: (endpoint: Endpoint, call: Call) => Promise<Frame>): Promise<Frame> {
    const next = this.#next(this.#exchange);
    void this.#run(run);
    return next;
  }

  /** Throws unless the client may come back now with what it was asked for in this round. */
  mustAwait(round: number): void {
    if (this.#waiting || round !== this.#round) throw badState("was used before");
  }

  /** The client comes back. Resolves with what comes of the call next. */
  resume(exchange: Exchange): Promise<Frame> {
    const { headers } = exchange.options;
    if (headers) mustRepeat(this.call.mirrored, exchange.frame, headers);
    const responses = inputResponses(exchange.frame);
    this.#stopLifetime();
    this.#exchange = exchange;
    const next = this.#next(exchange);
    const goOn = () => {
      for (const [key, answer] of responses) this.#questions.answer(key, answer);
      this.#refuseUnanswerable();
      this.#askSoon();
    };
    if (this.logLevel === this.#level || this.#final) goOn();
    else void this.#chooseLevel().then(goOn);
    return next;
  }

  /** No client can come back any more: gives the call up if its client is away, and lets it ask nothing otherwise. */
  abandon(why: OmgError): void {
    if (this.#waiting) this.#questions.end(() => why);
    else this.#end(why);
  }

  tell(frame: Frame): void {
    this.#waiting?.exchange.tell(frame);
  }

  relay(server: string, frame: Frame): void {
    this.tell(this.endpoint.translator(server)?.down(frame) ?? frame);
  }

  async ask(question: Frame, { signal }: AskOptions): Promise<Frame> {
    this.leavesTraces = true;
    mustBeAskable(this.#exchange.method, question);
    const missing = missingFor(this.capabilities, question);
    if (missing) {
      Object.assign(this.#missing, missing.required);
      throw missing.error;
    }
    const answer = this.#questions.ask(question, signal);
    this.#askSoon();
    return answer;
  }

  /** A question from a server that has an instance for this call alone. */
  async askFrom(server: string, question: Frame, options: AskOptions): Promise<Frame> {
    const translator = this.endpoint.translator(server);
    const answer = await this.ask(translator?.down(question) ?? question, options);
    return translator?.up(answer) ?? answer;
  }

  async #run(run: (endpoint: Endpoint, call: Call) => Promise<Frame>): Promise<void> {
    try {
      if (this.logLevel !== undefined) await this.#chooseLevel();
      const answer = await run(this.endpoint, this.call);
      if (needsUrl(answer)) this.leavesTraces = true;
      const facts = {
        missing: this.#missing,
        states: this.#parts.states,
        serverInfo: this.endpoint.identity(),
      };
      this.#finish((exchange) => answerTo(exchange, answer, facts));
    } catch (error) {
      this.#finish(() => {
        throw error;
      });
    }
    this.#releaseLevel();
    this.#questions.end(overError);
    this.#parts.onEnd(this);
  }

  async #chooseLevel(): Promise<void> {
    const release = this.#releaseLevel;
    const { logLevel } = this;
    const wish = logLevel === undefined ? undefined : this.#parts.wantLogs(this, logLevel);
    this.#level = logLevel;
    this.#releaseLevel = wish?.release ?? (() => {});
    release();
    await wish?.told;
  }

  #finish(final: (exchange: Exchange) => Frame): void {
    // A call that was given up has its end already.
    this.#final ??= final;
    this.#deliver();
  }

  #deliver(): void {
    const waiting = this.#waiting;
    if (!waiting || !this.#final) return;
    this.#leave(waiting);
    this.#parts.held.remove(this);
    try {
      waiting.resolve(this.#final(waiting.exchange));
    } catch (error) {
      waiting.reject(error);
    }
  }

  #next(exchange: Exchange): Promise<Frame> {
    return new Promise((resolve, reject) => {
      const { signal } = exchange.options;
      const onAbort = () => this.call.cancel();
      signal.addEventListener("abort", onAbort, { once: true });
      const leave = () => signal.removeEventListener("abort", onAbort);
      this.#waiting = { exchange, resolve, reject, leave };
      if (signal.aborted) onAbort();
      this.#deliver();
    });
  }

  #leave(waiting: Waiting): void {
    waiting.leave();
    this.#waiting = undefined;
    this.#stopGathering?.();
    this.#stopGathering = undefined;
  }

  /** The client may say less of itself when it comes back than it did before. */
  #refuseUnanswerable(): void {
    for (const [key, question] of this.#questions.all) {
      const missing = missingFor(this.capabilities, question);
      if (!missing) continue;
      Object.assign(this.#missing, missing.required);
      this.#questions.refuse(key, missing.error);
    }
  }

  #askSoon(): void {
    if (!this.#waiting || this.#questions.size === 0) return;
    this.#stopGathering ??= this.#parts.clock.after(gatherMs, () => this.#ask());
  }

  #ask(): void {
    this.#stopGathering = undefined;
    const waiting = this.#waiting;
    if (!waiting || this.#questions.size === 0) return;
    const { held, states, clock } = this.#parts;
    try {
      held.add(this);
    } catch (error) {
      this.#end(error as OmgError);
      return;
    }
    const { exchange } = waiting;
    const state = states.seal(exchange, { call: this.id, round: ++this.#round });
    this.#leave(waiting);
    this.#stopLifetime = clock.after(stateLifetimeMs, () => this.#end(awayError()));
    waiting.resolve(inputRequired(exchange.id, this.#questions.all, state));
  }

  /** Ends the call on the server too. */
  #end(why: OmgError): void {
    this.#stopLifetime();
    this.#finish(() => {
      throw why;
    });
    this.#parts.held.remove(this);
    this.#questions.end(() => why);
    this.call.cancel(why.message);
  }
}

function awayError(): OmgError {
  return new OmgError("cancelled", {
    executed: "unknown",
    message: `The client did not come back within ${stateLifetimeMs / 1000} s with what the server asked for`,
  });
}

function overError(): OmgError {
  return new OmgError("cancelled", { message: "The call is over" });
}

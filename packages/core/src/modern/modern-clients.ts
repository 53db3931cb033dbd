import { errorFrame } from "../errors/error-frame.ts";
import type { Admission } from "../gateway/admission.ts";
import type { ExchangeOptions } from "../gateway/types.ts";
import type { Endpoint } from "../router/endpoint.ts";
import { OmgError } from "../runtime/errors.ts";
import { type Frame, rewriteFrame } from "../runtime/frame.ts";
import { discover } from "./discover.ts";
import { withoutMembers } from "./envelope.ts";
import { withModernCode } from "./error-codes.ts";
import { Exchange } from "./exchange.ts";
import { HeldCalls } from "./held-calls.ts";
import { inputResponses } from "./input-requests.ts";
import { withoutLegacyTask } from "./legacy-tasks.ts";
import type { Listen } from "./listen.ts";
import { Listens } from "./listens.ts";
import { ModernCall, type ModernCallParts } from "./modern-call.ts";
import { mustStillExist } from "./removed-methods.ts";
import { badState, RequestStates } from "./request-states.ts";
import { declinedError } from "./url-required.ts";

export interface ModernClientsOptions extends Pick<ModernCallParts, "clock" | "wantLogs"> {
  readonly admission: Admission;
  /** What a session talks to: one server, or all. Throws `server_unknown`. */
  readonly endpoint: (session: string, server: string | undefined) => Endpoint;
  /** A call is over; where it leaves traces on servers, they end now. */
  readonly onEnd: (call: ModernCall) => void;
  /** A client no longer listens, or a principal will not come back: what was subscribed or started for it ends. */
  readonly onSessionEnd: (session: string) => void;
  readonly onInternalError: (error: unknown) => void;
}

/** Principals whose way of looking at servers is kept; one that comes back later looks anew. */
const maxVisitors = 1000;

/** Answers the requests of clients of the modern era, which have no session. */
export class ModernClients {
  /** Those that listen for changes. */
  readonly listens: Listens;
  readonly #options: ModernClientsOptions;
  readonly #states: RequestStates;
  readonly #held = new HeldCalls();
  /** The calls that servers have not answered yet, by the session that each has for itself. */
  readonly #calls = new Map<string, ModernCall>();
  /** The sessions under which principals look at what servers offer: lists need no instance for each request. */
  readonly #visitors = new Set<string>();

  constructor(options: ModernClientsOptions) {
    this.#options = options;
    this.#states = new RequestStates(options.clock);
    const { clock, endpoint, onSessionEnd } = options;
    this.listens = new Listens({ clock, endpoint, onEnd: onSessionEnd });
  }

  get heldCalls(): number {
    return this.#held.size;
  }

  /** The client behind a session of ours. */
  client(session: string): ModernCall | Listen | undefined {
    return this.#calls.get(session) ?? this.listens.get(session);
  }

  /** Whether an instance may start for this session alone; it is then ended with it. */
  mayStart(session: string): boolean {
    const call = this.#calls.get(session);
    if (call) call.leavesTraces = true;
    return call !== undefined || this.#visitors.has(session) || this.listens.get(session) !== undefined;
  }

  async exchange(frame: Frame, options: ExchangeOptions): Promise<Frame> {
    const { id } = frame.head;
    const { admission, onInternalError } = this.#options;
    try {
      admission.enter();
    } catch (error) {
      return errorFrame(id, error);
    }
    try {
      const answer = await this.#answer(new Exchange(withoutLegacyTask(frame), options));
      return id === undefined ? answer : rewriteFrame(answer, { id });
    } catch (error) {
      if (!OmgError.is(error)) onInternalError(error);
      return withModernCode(errorFrame(id, error));
    } finally {
      admission.leave();
    }
  }

  /** Nothing new comes any more: who listens is let go, and calls whose clients are away end. */
  drain(why: OmgError): void {
    this.listens.end();
    this.#held.end(why);
    for (const call of this.#calls.values()) call.abandon(why);
  }

  /** A principal will not come back: calls that wait for it end. */
  endPrincipal(principal: string): void {
    this.#held.end(new OmgError("cancelled", { message: "The client is gone" }), principal);
    const visitor = visitorOf(principal);
    if (this.#visitors.delete(visitor)) this.#options.onSessionEnd(visitor);
  }

  async #answer(exchange: Exchange): Promise<Frame> {
    const { method, frame } = exchange;
    mustStillExist(method);
    if (method === "subscriptions/listen") return this.listens.listen(exchange);
    const { requestState } = frame.head;
    if (this.#states.areOurs(requestState)) return this.#goOn(exchange, requestState);
    return this.#begin(exchange);
  }

  /** The client comes back with what it was asked for. */
  #goOn(exchange: Exchange, state: string): Promise<Frame> {
    const { call: id, round } = this.#states.open(state, exchange);
    if (id === "") return this.#beginAgain(exchange);
    const call = this.#held.get(id);
    if (!call) throw badState("is of a call that is over");
    call.mustAwait(round);
    return call.resume(exchange);
  }

  /** The server wanted the user to do something before the call: now it may run. */
  #beginAgain(exchange: Exchange): Promise<Frame> {
    for (const answer of inputResponses(exchange.frame).values()) {
      const message = answer.value();
      if ("result" in message && message.result.action !== "accept") throw declinedError();
    }
    const frame = withoutMembers(exchange.frame, "inputResponses", "requestState");
    return this.#begin(new Exchange(frame, exchange.options));
  }

  /** The session under which a principal looks at servers; who has not looked for longest makes room. */
  #visitor(principal: string): string {
    const visitor = visitorOf(principal);
    this.#visitors.delete(visitor);
    this.#visitors.add(visitor);
    const [oldest] = this.#visitors;
    if (this.#visitors.size > maxVisitors && oldest !== undefined) {
      this.#visitors.delete(oldest);
      this.#options.onSessionEnd(oldest);
    }
    return visitor;
  }

  #begin(exchange: Exchange): Promise<Frame> {
    const { clock, endpoint, wantLogs } = this.#options;
    const { server, principal } = exchange.options;
    const visitor = this.#visitor(principal);
    const parts: ModernCallParts = {
      clock,
      wantLogs,
      states: this.#states,
      held: this.#held,
      endpoint: (session) => endpoint(session, server),
      visitor,
      onEnd: (call) => {
        this.#calls.delete(call.id);
        this.#options.onEnd(call);
      },
    };
    const call = new ModernCall(exchange, parts);
    this.#calls.set(call.id, call);
    return call.start(async (target, running) =>
      exchange.method === "server/discover" ? discover(target, running) : target.request(running),
    );
  }
}

function visitorOf(principal: string): string {
  return `visitor-${principal}`;
}

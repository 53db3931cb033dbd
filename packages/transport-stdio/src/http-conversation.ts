import { type Frame, notificationFrame, type RequestId } from "@omg/core";
import { discard } from "./event-stream.ts";
import type { GatewayRequests, SessionHeaders } from "./gateway-requests.ts";
import { ownInitialize, versionIn } from "./handshake.ts";
import { listen } from "./listen.ts";
import { Questions } from "./questions.ts";
import { readAnswer } from "./read-response.ts";
import { pauseUntil } from "./reconnect.ts";
import { cutOff, refusalOf, statusRefusal } from "./refusals.ts";

const initialized = "notifications/initialized";
const cancelled = "notifications/cancelled";

interface GatewaySession extends SessionHeaders {
  protocolVersion: string | undefined;
  readonly ended: AbortController;
  listening: boolean;
}

/** A message that was sent: in which session, and the response to it. */
interface Sent {
  readonly opened: Promise<GatewaySession>;
  readonly session: GatewaySession;
  readonly response: Response;
}

interface Reading {
  readonly session: GatewaySession;
  readonly response: Response;
  readonly deliver: (frame: Frame) => void;
  readonly signal: AbortSignal;
}

/** The client's half of MCP's streamable HTTP (2025-11-25), frame by frame. */
export class HttpConversation {
  readonly #gateway: GatewayRequests;
  readonly #deliver: (frame: Frame) => void;
  readonly #closing = new AbortController();
  /** Requests of the client that wait for their answer. */
  readonly #waiting = new Map<RequestId, AbortController>();
  readonly #questions = new Questions<GatewaySession>();
  #turn = Promise.resolve();
  #initialize: Frame | undefined;
  /** Undefined until something needs one, and again once it is known to be of no use. */
  #session: Promise<GatewaySession> | undefined;

  constructor(gateway: GatewayRequests, deliver: (frame: Frame) => void) {
    this.#gateway = gateway;
    this.#deliver = deliver;
  }

  /** Whether the client has said anything that needs a session. */
  get begun(): boolean {
    return this.#session !== undefined || this.#initialize !== undefined;
  }

  /** Resolves when the frame is dealt with: a request has its answer. Rejects with what to answer instead. */
  async send(frame: Frame): Promise<void> {
    const { id, kind, method } = frame.head;
    try {
      if (method === "initialize") await this.#begin(frame);
      else if (kind === "request" && id !== undefined) await this.#request(frame, id);
      else if (kind === "notification") await this.#notify(frame);
      else await this.#inTurn(() => this.#answer(frame));
    } catch (error) {
      throw this.#closing.signal.aborted ? cutOff(this.#gateway.url) : error;
    }
  }

  /** Gives up what is in flight and ends the session. */
  async close(): Promise<void> {
    // First of all: a handshake that hangs must not hold up the end.
    this.#closing.abort();
    for (const waiting of this.#waiting.values()) waiting.abort();
    const session = await this.#session?.catch(() => undefined);
    if (session?.id !== undefined) await this.#gateway.end(session);
  }

  async #begin(initialize: Frame): Promise<void> {
    this.#initialize = initialize;
    if (this.#session) this.#forget(this.#session);
    await this.#keep(this.#open(initialize, this.#deliver));
  }

  async #request(frame: Frame, id: RequestId): Promise<void> {
    const waiting = new AbortController();
    const { signal } = waiting;
    this.#waiting.set(id, waiting);
    try {
      const { session, response } = await this.#send(frame, signal);
      const deliver = (said: Frame) => this.#hear(said, session);
      await this.#read(frame, { session, response, deliver, signal });
    } finally {
      if (this.#waiting.get(id) === waiting) this.#waiting.delete(id);
    }
  }

  async #notify(frame: Frame): Promise<void> {
    const { method, requestId } = frame.head;
    // Now, since a request that comes later may have the same id.
    const withdrawn =
      method === cancelled && requestId !== undefined ? this.#waiting.get(requestId) : undefined;
    try {
      await this.#inTurn(async () => {
        const { opened, session, response } = await this.#send(frame, this.#closing.signal);
        await discard(response);
        if (method === initialized) this.#listen(opened, session);
      });
    } finally {
      // Not earlier: to the gateway a connection that breaks off is no cancellation.
      withdrawn?.abort();
    }
  }

  /** Takes the client's answer to the session that asked: another one may have a question with the same id. */
  async #answer(frame: Frame): Promise<void> {
    const session = this.#questions.answered(frame);
    if (session) await discard(await this.#gateway.post(frame, session, this.#closing.signal));
  }

  /** Whatever is no request reaches the gateway in the order it was said: progress must not go back. */
  #inTurn(say: () => Promise<void>): Promise<void> {
    const said = this.#turn.then(say);
    this.#turn = said.catch(() => {});
    return said;
  }

  /** Something that the gateway says in a session. */
  #hear(frame: Frame, session: GatewaySession): void {
    this.#questions.heard(frame, session);
    this.#deliver(frame);
  }

  /** Posts a frame, once more in a new session if the gateway has forgotten the old one. */
  async #send(frame: Frame, signal: AbortSignal): Promise<Sent> {
    // A client that skips the handshake gets one all the same.
    let opened = this.#session ?? this.#establish();
    let session = await opened;
    let response = await this.#gateway.post(frame, session, signal);
    if (response.status === 404 && session.id !== undefined) {
      await discard(response);
      opened = this.#renew(opened);
      session = await opened;
      // That handshake included this message.
      if (frame.head.method === initialized) return { opened, session, response };
      // The gateway forgot the session, so it did not run the request: repeating it is safe.
      response = await this.#gateway.post(frame, session, signal);
    }
    const { status } = response;
    if (status === 404 || (status === 400 && session.id === undefined)) this.#forget(opened);
    return { opened, session, response };
  }

  /** Sends `initialize`. Rejects when the answer is an error, which is then not delivered. */
  async #open(initialize: Frame, deliver: (frame: Frame) => void): Promise<GatewaySession> {
    const { signal } = this.#closing;
    const response = await this.#gateway.post(initialize, undefined, signal);
    const id = response.headers.get("mcp-session-id") ?? undefined;
    const ended = new AbortController();
    const session: GatewaySession = { id, protocolVersion: undefined, ended, listening: false };
    let refusal: Error | undefined;
    const take = (frame: Frame) => {
      if (frame.head.kind === "error") {
        refusal = refusalOf(frame, response.status) ?? statusRefusal(this.#gateway.url, response);
        return;
      }
      if (frame.head.kind === "result") session.protocolVersion = versionIn(frame);
      deliver(frame);
    };
    await this.#read(initialize, { session, response, deliver: take, signal });
    if (refusal) throw refusal;
    return session;
  }

  /** Reads the answer to a request, also from the rest of an event stream that broke off. */
  #read(request: Frame, { session, response, deliver, signal }: Reading): Promise<void> {
    return readAnswer({
      url: this.#gateway.url,
      request,
      response,
      deliver,
      rest: {
        request: (lastEventId) => this.#gateway.stream(session, { lastEventId, signal }),
        pause: pauseUntil(signal),
      },
    });
  }

  /** A handshake of our own: for a client that skips it, or after the gateway has forgotten the session. */
  #establish(): Promise<GatewaySession> {
    const handshake = async () => {
      const session = await this.#open(this.#initialize ?? ownInitialize(), () => {});
      const confirmation = notificationFrame(initialized);
      const response = await this.#gateway.post(confirmation, session, this.#closing.signal);
      await discard(response);
      if (!response.ok) throw statusRefusal(this.#gateway.url, response);
      return session;
    };
    const opened = this.#keep(handshake());
    opened.then(
      (session) => this.#listen(opened, session),
      () => {},
    );
    return opened;
  }

  /** The session that replaces a lost one: the first to notice the loss opens it, for all. */
  #renew(lost: Promise<GatewaySession>): Promise<GatewaySession> {
    this.#forget(lost);
    return this.#session ?? this.#establish();
  }

  /** A handshake that fails leaves nothing behind: the next request tries again. */
  #keep(opening: Promise<GatewaySession>): Promise<GatewaySession> {
    this.#session = opening;
    opening.catch(() => this.#forget(opening));
    return opening;
  }

  #forget(opened: Promise<GatewaySession>): void {
    if (this.#session === opened) this.#session = undefined;
    opened.then(
      (session) => this.#end(session),
      () => {},
    );
  }

  #end(session: GatewaySession): void {
    session.ended.abort();
    const reason = "The gateway has forgotten the session that asked this";
    for (const requestId of this.#questions.end(session))
      this.#deliver(notificationFrame(cancelled, { requestId, reason }));
  }

  #listen(opened: Promise<GatewaySession>, session: GatewaySession): void {
    if (session.listening) return;
    session.listening = true;
    const signal = AbortSignal.any([session.ended.signal, this.#closing.signal]);
    void listen({
      request: (lastEventId) => this.#gateway.stream(session, { lastEventId, signal }),
      deliver: (frame) => this.#hear(frame, session),
      // Without waiting for a request: until then the client would hear of no change.
      onLost: () => void this.#renew(opened).catch(() => {}),
      signal,
    });
  }
}

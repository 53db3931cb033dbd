import { type Frame, notificationFrame, OmgError, requestFrame } from "@omg/core";
import { listen } from "./listen.ts";
import { discard, readAnswer } from "./read-response.ts";
import { refusalOf, sendFailure, statusRefusal } from "./refusals.ts";

const accept = "application/json, text/event-stream";
const initialized = "notifications/initialized";

/** A session at the gateway. One that keeps no sessions gives no id. */
interface GatewaySession {
  readonly id: string | undefined;
  readonly protocolVersion: string | undefined;
  readonly ended: AbortController;
  listening: boolean;
}

/** The client's half of MCP's streamable HTTP (2025-11-25), frame by frame. */
export class HttpConversation {
  readonly #url: string;
  readonly #apiKey: string | undefined;
  readonly #deliver: (frame: Frame) => void;
  readonly #closing = new AbortController();
  #initialize: Frame | undefined;
  /** Undefined until something needs one, and again once it is known to be of no use. */
  #session: Promise<GatewaySession> | undefined;

  constructor(url: string, apiKey: string | undefined, deliver: (frame: Frame) => void) {
    this.#url = url;
    this.#apiKey = apiKey;
    this.#deliver = deliver;
  }

  /** Resolves when the frame is dealt with: a request has its answer. Rejects with what to answer instead. */
  async send(frame: Frame): Promise<void> {
    try {
      if (frame.head.method === "initialize") {
        this.#initialize = frame;
        if (this.#session) this.#forget(this.#session);
        await this.#keep(this.#open(frame, this.#deliver));
      } else await this.#send(frame);
    } catch (error) {
      throw this.#closing.signal.aborted ? cutOff(this.#url) : error;
    }
  }

  /** Gives up what is in flight and ends the session. */
  async close(): Promise<void> {
    // First of all: a handshake that hangs must not hold up the end.
    this.#closing.abort();
    const session = await this.#session?.catch(() => undefined);
    if (session?.id === undefined) return;
    const headers = this.#headers(session);
    await fetch(this.#url, { method: "DELETE", headers, signal: AbortSignal.timeout(2000) }).catch(() => {});
  }

  async #send(frame: Frame): Promise<void> {
    // A client that skips the handshake gets one all the same.
    let opened = this.#session ?? this.#establish();
    let session = await opened;
    let response = await this.#post(frame, session);
    if (response.status === 404 && session.id !== undefined) {
      await discard(response);
      opened = this.#renew(opened);
      session = await opened;
      if (frame.head.method === initialized) return;
      // The gateway forgot the session, so it did not run the request: repeating it is safe.
      response = await this.#post(frame, session);
    }
    const { status } = response;
    if (status === 404 || (status === 400 && session.id === undefined)) this.#forget(opened);
    if (frame.head.kind === "request") await readAnswer(this.#url, frame, response, this.#deliver);
    else await discard(response);
    if (frame.head.method === initialized) this.#listen(opened, session);
  }

  /** Sends `initialize`. Rejects when the answer is an error, which is then not delivered. */
  async #open(initialize: Frame, deliver: (frame: Frame) => void): Promise<GatewaySession> {
    const response = await this.#post(initialize, undefined);
    let refusal: Error | undefined;
    let protocolVersion: string | undefined;
    await readAnswer(this.#url, initialize, response, (frame) => {
      if (frame.head.kind === "error") {
        refusal = refusalOf(frame, response.status) ?? statusRefusal(this.#url, response);
        return;
      }
      if (frame.head.kind === "result") protocolVersion = versionIn(frame);
      deliver(frame);
    });
    if (refusal) throw refusal;
    const id = response.headers.get("mcp-session-id") ?? undefined;
    return { id, protocolVersion, ended: new AbortController(), listening: false };
  }

  /** A handshake of our own: for a client that skips it, or after the gateway has forgotten the session. */
  #establish(): Promise<GatewaySession> {
    const handshake = async () => {
      const session = await this.#open(this.#initialize ?? ownInitialize(), () => {});
      const response = await this.#post(notificationFrame(initialized), session);
      await discard(response);
      if (!response.ok) throw statusRefusal(this.#url, response);
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
      ({ ended }) => ended.abort(),
      () => {},
    );
  }

  #listen(opened: Promise<GatewaySession>, session: GatewaySession): void {
    if (session.listening) return;
    session.listening = true;
    const signal = AbortSignal.any([session.ended.signal, this.#closing.signal]);
    const headers = { ...this.#headers(session), accept: "text/event-stream" };
    void listen({
      request: () => fetch(this.#url, { headers, signal }),
      deliver: this.#deliver,
      // Without waiting for a request: until then the client would hear of no change.
      onLost: () => void this.#renew(opened).catch(() => {}),
      signal,
    });
  }

  async #post(frame: Frame, session: GatewaySession | undefined): Promise<Response> {
    const headers = { ...this.#headers(session), accept, "content-type": "application/json" };
    const body = new Uint8Array(frame.bytes);
    try {
      return await fetch(this.#url, { method: "POST", headers, body, signal: this.#closing.signal });
    } catch (error) {
      throw sendFailure(this.#url, error);
    }
  }

  #headers(session: GatewaySession | undefined): Record<string, string> {
    const { id, protocolVersion } = session ?? {};
    return {
      ...(id === undefined ? {} : { "mcp-session-id": id }),
      ...(protocolVersion === undefined ? {} : { "mcp-protocol-version": protocolVersion }),
      ...(this.#apiKey === undefined ? {} : { authorization: `Bearer ${this.#apiKey}` }),
    };
  }
}

function ownInitialize(): Frame {
  return requestFrame("omg-bridge", "initialize", {
    protocolVersion: "2025-11-25",
    capabilities: {},
    clientInfo: { name: "omg-stdio-bridge", version: "1" },
  });
}

function versionIn(answer: Frame): string | undefined {
  const message = answer.value();
  const version = "result" in message ? message.result.protocolVersion : undefined;
  return typeof version === "string" ? version : undefined;
}

function cutOff(url: string): OmgError {
  return new OmgError("upstream_timeout", {
    executed: "unknown",
    message: `The client has ended, and the gateway at ${url} did not answer in time`,
  });
}

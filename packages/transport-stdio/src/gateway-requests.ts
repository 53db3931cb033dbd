import type { Frame } from "@omg/core";
import { sendFailure } from "./refusals.ts";

/** What tells a session's requests from others. A gateway that keeps no sessions gives no id. */
export interface SessionHeaders {
  readonly id: string | undefined;
  /** Undefined until `initialize` is answered. */
  readonly protocolVersion: string | undefined;
}

interface StreamOptions {
  /** Go on after this event, on the stream it belongs to. */
  readonly lastEventId: string | undefined;
  readonly signal: AbortSignal;
}

const stream = "text/event-stream";
const deleteMs = 2000;

/** The HTTP requests of MCP's streamable HTTP. */
export class GatewayRequests {
  readonly url: string;
  readonly #apiKey: string | undefined;

  constructor(url: string, apiKey: string | undefined) {
    this.url = url;
    this.#apiKey = apiKey;
  }

  /** Sends a message. Rejects with what to answer instead. */
  post(frame: Frame, session: SessionHeaders | undefined, signal: AbortSignal): Promise<Response> {
    return this.#post(frame, this.#headers(session), signal);
  }

  /** Sends a request of the modern era, with the headers that mirror it. Rejects with what to answer instead. */
  postModern(frame: Frame, mirrors: Record<string, string>, signal: AbortSignal): Promise<Response> {
    return this.#post(frame, { ...this.#headers(undefined), ...mirrors }, signal);
  }

  async #post(frame: Frame, own: Record<string, string>, signal: AbortSignal): Promise<Response> {
    const headers = {
      ...own,
      accept: `application/json, ${stream}`,
      "content-type": "application/json",
    };
    const body = new Uint8Array(frame.bytes);
    try {
      return await fetch(this.url, { method: "POST", headers, body, signal });
    } catch (error) {
      throw sendFailure(this.url, error);
    }
  }

  /** Asks for an event stream. */
  async stream(session: SessionHeaders, { lastEventId, signal }: StreamOptions): Promise<Response> {
    const headers: Record<string, string> = { ...this.#headers(session), accept: stream };
    // Headers are Latin-1, ids are UTF-8: the bytes are what counts.
    if (lastEventId !== undefined) headers["last-event-id"] = Buffer.from(lastEventId).toString("latin1");
    return await fetch(this.url, { headers, signal });
  }

  /** Ends a session, if the gateway can be reached. */
  async end(session: SessionHeaders): Promise<void> {
    const headers = this.#headers(session);
    const signal = AbortSignal.timeout(deleteMs);
    await fetch(this.url, { method: "DELETE", headers, signal }).catch(() => {});
  }

  #headers(session: SessionHeaders | undefined): Record<string, string> {
    const { id, protocolVersion } = session ?? {};
    return {
      ...(id === undefined ? {} : { "mcp-session-id": id }),
      ...(protocolVersion === undefined ? {} : { "mcp-protocol-version": protocolVersion }),
      ...(this.#apiKey === undefined ? {} : { authorization: `Bearer ${this.#apiKey}` }),
    };
  }
}

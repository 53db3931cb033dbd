import { type Frame, notificationFrame, OmgError, parseFrame, requestFrame } from "@omg/core";
import { createParser } from "eventsource-parser";

const accept = "application/json, text/event-stream";

/** The client's half of MCP's streamable HTTP (2025-11-25), frame by frame. */
export class HttpConversation {
  readonly #url: string;
  readonly #apiKey: string | undefined;
  readonly #deliver: (frame: Frame) => void;
  readonly #closing = new AbortController();
  #initialize: Frame | undefined;
  #session: Promise<string | undefined> | undefined;
  #protocolVersion: string | undefined;

  constructor(url: string, apiKey: string | undefined, deliver: (frame: Frame) => void) {
    this.#url = url;
    this.#apiKey = apiKey;
    this.#deliver = deliver;
  }

  /** Resolves when the frame is dealt with: a request has its answer. Rejects with `gateway_unreachable`. */
  async send(frame: Frame): Promise<void> {
    if (frame.head.method === "initialize") {
      this.#initialize = frame;
      this.#session = this.#open(frame, this.#deliver);
      await this.#session;
      return;
    }
    // A client that skips the handshake gets one all the same.
    this.#session ??= this.#establish();
    const opened = this.#session;
    const response = await this.#post(frame, await opened);
    if (response.status === 404) {
      await response.body?.cancel();
      // The gateway forgot the session, so it did not run the request: repeating it is safe.
      if (this.#session === opened) this.#session = this.#establish();
      await this.#read(frame, await this.#post(frame, await this.#session), this.#deliver);
    } else await this.#read(frame, response, this.#deliver);
    if (frame.head.method === "notifications/initialized") void this.#listen(await opened);
  }

  async close(): Promise<void> {
    const session = await this.#session?.catch(() => undefined);
    this.#closing.abort();
    if (session === undefined) return;
    const headers = this.#headers(session);
    await fetch(this.#url, { method: "DELETE", headers, signal: AbortSignal.timeout(2000) }).catch(() => {});
  }

  async #open(initialize: Frame, deliver: (frame: Frame) => void): Promise<string | undefined> {
    const response = await this.#post(initialize, undefined);
    await this.#read(initialize, response, (frame) => {
      const message = frame.value();
      if ("result" in message) this.#protocolVersion = String(message.result.protocolVersion);
      deliver(frame);
    });
    return response.headers.get("mcp-session-id") ?? undefined;
  }

  /** A handshake of our own: for a client that skips it, or after the gateway has forgotten the session. */
  async #establish(): Promise<string | undefined> {
    const session = await this.#open(this.#initialize ?? ownInitialize(), () => {});
    const response = await this.#post(notificationFrame("notifications/initialized"), session);
    await response.body?.cancel();
    void this.#listen(session);
    return session;
  }

  async #post(frame: Frame, session: string | undefined): Promise<Response> {
    const headers = { ...this.#headers(session), accept, "content-type": "application/json" };
    try {
      return await fetch(this.#url, {
        method: "POST",
        headers,
        body: new Uint8Array(frame.bytes),
        signal: this.#closing.signal,
      });
    } catch (error) {
      throw unreachable(this.#url, error);
    }
  }

  /** Delivers what a response holds; a request always gets an answer. */
  async #read(request: Frame, response: Response, deliver: (frame: Frame) => void): Promise<void> {
    const { kind, id } = request.head;
    let answered = kind !== "request";
    const take = (frame: Frame) => {
      if (frame.head.id === id && frame.head.method === undefined) answered = true;
      deliver(frame);
    };
    const type = response.headers.get("content-type") ?? "";
    try {
      if (type.startsWith("text/event-stream")) await this.#readEvents(response, take);
      else {
        const body = Buffer.from(await response.arrayBuffer());
        if (type.startsWith("application/json") && body.includes('"jsonrpc"')) take(parseFrame(body));
      }
    } catch (error) {
      if (!answered) throw brokenOff(this.#url, error);
    }
    if (!answered) throw response.ok ? brokenOff(this.#url) : refused(this.#url, response.status);
  }

  async #readEvents(response: Response, deliver: (frame: Frame) => void): Promise<void> {
    const parser = createParser({
      onEvent: ({ data }) => data !== "" && deliver(parseFrame(Buffer.from(data))),
    });
    const decoder = new TextDecoder();
    for await (const chunk of response.body ?? []) parser.feed(decoder.decode(chunk, { stream: true }));
  }

  /** What the gateway says without being asked. A gateway that offers no such stream is fine. */
  async #listen(session: string | undefined): Promise<void> {
    const headers = { ...this.#headers(session), accept: "text/event-stream" };
    try {
      const response = await fetch(this.#url, { headers, signal: this.#closing.signal });
      if (response.ok) await this.#readEvents(response, this.#deliver);
      else await response.body?.cancel();
    } catch {
      // The next request tells the client if the gateway is gone.
    }
  }

  #headers(session: string | undefined): Record<string, string> {
    return {
      ...(session === undefined ? {} : { "mcp-session-id": session }),
      ...(this.#protocolVersion === undefined ? {} : { "mcp-protocol-version": this.#protocolVersion }),
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

function unreachable(url: string, cause: unknown): OmgError {
  return new OmgError("gateway_unreachable", {
    message: `Failed to connect to server: no gateway answers at ${url}; start it with: omg serve`,
    cause,
  });
}

function brokenOff(url: string, cause?: unknown): OmgError {
  return new OmgError("upstream_closed", {
    executed: "unknown",
    message: `The gateway at ${url} broke off before it answered`,
    cause,
  });
}

function refused(url: string, status: number): OmgError {
  const key = status === 401 || status === 403;
  return new OmgError("gateway_unreachable", {
    message: key
      ? `The gateway at ${url} refuses the API key; set MCP_GATEWAY_API_KEY`
      : `The gateway at ${url} answered with HTTP status ${status}`,
  });
}

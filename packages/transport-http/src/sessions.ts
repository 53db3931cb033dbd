import type { ServerResponse } from "node:http";
import { OmgError } from "@omg/core";
import type { HttpContext } from "./context.ts";
import { Refusal } from "./http-errors.ts";
import { HttpSession } from "./http-session.ts";
import { SseStream } from "./sse-stream.ts";

const SWEEP_MS = 60_000;
/** Longest wait for core to end its sessions when the front goes. */
const CLOSE_MS = 5_000;

/** The sessions of one front: bounded in number and in time. */
export class Sessions {
  readonly #context: HttpContext;
  readonly #sessions = new Map<string, HttpSession>();
  readonly #sweeper: NodeJS.Timeout;
  #closing = false;

  constructor(context: HttpContext) {
    this.#context = context;
    const every = Math.min(SWEEP_MS, context.limits.sessionIdleMs);
    this.#sweeper = setInterval(() => this.#sweep(), every).unref();
  }

  get size(): number {
    return this.#sessions.size;
  }

  /** Opens a session and connects it to core. Rejects with `overloaded` or `draining`, or as `Gateway.connect` does. */
  async open(server: string | undefined): Promise<HttpSession> {
    const { gateway, limits } = this.#context;
    if (this.#closing) throw leaving();
    if (this.#sessions.size >= limits.sessions && !this.#makeRoom()) {
      const message = `The gateway has its ${limits.sessions} sessions open; try again later`;
      throw new OmgError("overloaded", { message, detail: "sessions" });
    }
    const session = new HttpSession(this.#context, server);
    this.#sessions.set(session.sessionId, session);
    try {
      session.core = await gateway.connect(session, { server });
    } catch (error) {
      this.#sessions.delete(session.sessionId);
      throw error;
    }
    const gone = () => this.#gone(session);
    session.core.closed.then(gone, gone);
    if (session.closed) {
      await this.end(session);
      throw leaving();
    }
    return session;
  }

  /** The session of this id, if it belongs to this endpoint. There is no other way to reach one. */
  find(id: string, server: string | undefined): HttpSession | undefined {
    const session = this.#sessions.get(id);
    if (session === undefined || session.closed || session.server !== server) return undefined;
    return session;
  }

  /** Opens the session's one event stream. Refuses a second one, and one too many of all. */
  openStream(session: HttpSession, outgoing: ServerResponse): void {
    const { counters, limits, emit } = this.#context;
    if (session.hasStream) throw new Refusal(409, "This session has its event stream open");
    if (counters.streams >= limits.streams) {
      throw new Refusal(429, "Too many event streams are open; try again later", { "retry-after": "30" });
    }
    const stream = new SseStream(outgoing, {
      limits,
      onDrop: () => counters.droppedFrames++,
      onStall: () => emit({ type: "http-stream-stalled", session: session.sessionId }),
    });
    counters.streams++;
    outgoing.once("close", () => {
      counters.streams--;
      session.detach();
    });
    stream.flush();
    session.attach(stream);
  }

  /** Ends a session on both sides; its id is unknown at once. */
  async end(session: HttpSession): Promise<void> {
    this.#sessions.delete(session.sessionId);
    await session.core?.close();
    await session.close();
  }

  /** Ends the event streams; sessions and calls go on. */
  endStreams(): void {
    for (const session of this.#sessions.values()) session.endStream();
  }

  /** Ends all sessions; resolves when core has, or after five seconds. */
  async close(): Promise<void> {
    this.#closing = true;
    clearInterval(this.#sweeper);
    const ends = [...this.#sessions.values()].map(async (session) => {
      const ended = session.core?.close();
      // Clients are told at once, however long core takes.
      await session.close();
      await ended;
    });
    this.#sessions.clear();
    let timer: NodeJS.Timeout | undefined;
    const timeout = new Promise((resolve) => {
      timer = setTimeout(resolve, CLOSE_MS);
    });
    await Promise.race([Promise.allSettled(ends), timeout]);
    clearTimeout(timer);
  }

  /** Ends the oldest session that was opened and never used: a client that wants it back sends initialize again. */
  #makeRoom(): boolean {
    for (const session of this.#sessions.values()) {
      if (session.used || session.busy) continue;
      this.end(session).catch((error: unknown) => this.#context.emit({ type: "http-error", error }));
      return true;
    }
    return false;
  }

  #sweep(): void {
    const { limits, emit } = this.#context;
    const now = Date.now();
    for (const session of this.#sessions.values()) {
      const idle = !session.busy && now - session.lastUsed >= limits.sessionIdleMs;
      if (!idle && now - session.openedAt < limits.sessionAgeMs) continue;
      this.end(session).catch((error: unknown) => emit({ type: "http-error", error }));
    }
  }

  #gone(session: HttpSession): void {
    this.#sessions.delete(session.sessionId);
    session.close().catch((error: unknown) => this.#context.emit({ type: "http-error", error }));
  }
}

function leaving(): OmgError {
  return new OmgError("draining", { message: "The gateway is shutting down" });
}

import { OmgError, type Session, type Transport } from "@omg/core";
import type { HttpContext } from "./context.ts";
import { shortageFor } from "./pressure.ts";

const SWEEP_MS = 60_000;
/** Longest wait for core to end its sessions when the front goes. */
const CLOSE_MS = 5_000;

/** Where a session was opened, and by whom. */
export interface Owner {
  /** The one server of a transparent session; `undefined`: the aggregate. */
  readonly server: string | undefined;
  /** Whose credential opened it. */
  readonly principal: string;
}

/** A client's conversation, as the registry sees it. */
export interface FrontSession extends Transport {
  readonly sessionId: string;
  readonly owner: Owner;
  /** By the front's clock, like `lastUsed`. */
  readonly openedAt: number;
  readonly lastUsed: number;
  /** Whether the client has asked for anything since its handshake. */
  readonly used: boolean;
  /** Whether it must not end for want of use now. */
  readonly busy: boolean;
  readonly closed: boolean;
  /** Core's side, once connected. */
  core: Session | undefined;
  /** Ends the event stream that a GET opened. */
  endStream(): void;
  /** Gives up what was kept for long enough. */
  expire?(now: number): void;
}

/** The sessions of one front: bounded in number and in time. */
export class Sessions {
  readonly #context: HttpContext;
  readonly #sessions = new Map<string, FrontSession>();
  #stopSweeper = () => {};
  #closing = false;

  constructor(context: HttpContext) {
    this.#context = context;
    this.#sweepLater();
  }

  get size(): number {
    return this.#sessions.size;
  }

  /** Takes a session in and connects it to core. Rejects with `overloaded` or `draining`, or as `Gateway.connect` does. */
  async open<S extends FrontSession>(session: S): Promise<S> {
    const { gateway, limits, pressure } = this.#context;
    if (this.#closing) throw leaving();
    const shortage = shortageFor("session", pressure());
    if (shortage !== undefined) throw shortage;
    if (this.#sessions.size >= limits.sessions && !this.#makeRoom()) {
      const message = `The gateway has its ${limits.sessions} sessions open; try again later`;
      throw new OmgError("overloaded", { message, detail: "sessions", retryAfterMs: 1_000 });
    }
    this.#sessions.set(session.sessionId, session);
    try {
      session.core = await gateway.connect(session, { server: session.owner.server });
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

  /** The session of this id, if it is of this kind and belongs to this owner. There is no other way to reach one. */
  find<S extends FrontSession>(
    kind: abstract new (...options: never[]) => S,
    id: string,
    { server, principal }: Owner,
  ): S | undefined {
    const session = this.#sessions.get(id);
    if (!(session instanceof kind) || session.closed) return undefined;
    const { owner } = session;
    return owner.server === server && owner.principal === principal ? session : undefined;
  }

  /** Ends a session on both sides; its id is unknown at once. */
  async end(session: FrontSession): Promise<void> {
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
    this.#stopSweeper();
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

  #sweepLater(): void {
    const { clock, limits } = this.#context;
    this.#stopSweeper = clock.after(Math.min(SWEEP_MS, limits.sessionIdleMs), () => {
      this.#sweepLater();
      this.#sweep();
    });
  }

  #sweep(): void {
    const { clock, limits, emit } = this.#context;
    const now = clock.now();
    for (const session of this.#sessions.values()) {
      session.expire?.(now);
      const idle = !session.busy && now - session.lastUsed >= limits.sessionIdleMs;
      if (!idle && now - session.openedAt < limits.sessionAgeMs) continue;
      this.end(session).catch((error: unknown) => emit({ type: "http-error", error }));
    }
  }

  #gone(session: FrontSession): void {
    this.#sessions.delete(session.sessionId);
    session.close().catch((error: unknown) => this.#context.emit({ type: "http-error", error }));
  }
}

function leaving(): OmgError {
  return new OmgError("draining", { message: "The gateway is shutting down" });
}

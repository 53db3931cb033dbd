import type { Frame } from "../runtime/frame.ts";
import type { ClientSession } from "../session/session.ts";

interface Entry {
  readonly session: ClientSession;
  /** The one server it talks to, if not to all. */
  readonly server: string | undefined;
}

/** The clients that are connected, and what servers and reloads have to tell them. */
export class ClientSessions {
  readonly #sessions = new Map<string, Entry>();

  get size(): number {
    return this.#sessions.size;
  }

  has(id: string): boolean {
    return this.#sessions.has(id);
  }

  get(id: string): ClientSession | undefined {
    return this.#sessions.get(id)?.session;
  }

  /** Those that may use a server. */
  of(server: string): ClientSession[] {
    return [...this.#sessions.values()].flatMap((entry) =>
      entry.server === undefined || entry.server === server ? [entry.session] : [],
    );
  }

  add(session: ClientSession, server: string | undefined): void {
    this.#sessions.set(session.id, { session, server });
  }

  /** Gives the server that the session talked to, if it was one. */
  remove(id: string): string | undefined {
    const entry = this.#sessions.get(id);
    this.#sessions.delete(id);
    return entry?.server;
  }

  async close(): Promise<void> {
    await Promise.all([...this.#sessions.values()].map(({ session }) => session.close()));
  }

  /** A server says that a list has changed: for who talks to this server alone, one session, or all if it is empty. */
  listChanged(server: string, id: string, frame: Frame): void {
    for (const entry of this.#sessions.values()) {
      if (entry.server === server && (id === "" || id === entry.session.id)) entry.session.listChanged(frame);
    }
  }

  /** Tells a session, or all if it is empty, which of its lists are old. */
  announceSoon(id: string): void {
    if (id !== "") this.get(id)?.announceChanges();
    else for (const { session } of this.#sessions.values()) session.announceChanges();
  }
}

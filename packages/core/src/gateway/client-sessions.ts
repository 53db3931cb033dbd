import type { Clock } from "../clock.ts";
import type { Frame } from "../runtime/frame.ts";
import type { ClientSession } from "../session/session.ts";

interface Entry {
  readonly session: ClientSession;
  /** The one server it talks to, if not to all. */
  readonly server: string | undefined;
}

const announceDelayMs = 100;

/** The clients that are connected, and what servers and reloads have to tell them. */
export class ClientSessions {
  readonly #clock: Clock;
  readonly #sessions = new Map<string, Entry>();
  #announcing = false;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  get size(): number {
    return this.#sessions.size;
  }

  has(id: string): boolean {
    return this.#sessions.has(id);
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

  /** Passes a server's notification on to who talks to this server alone: to one session, or all if it is empty. */
  relay(server: string, id: string, frame: Frame): void {
    for (const entry of this.#sessions.values()) {
      if (entry.server === server && (id === "" || id === entry.session.id)) entry.session.relay(frame);
    }
  }

  /** Tells a session, or all if it is empty, which of its lists are old. Several changes within a moment count as one. */
  announceSoon(id: string): void {
    if (id !== "") {
      this.#clock.after(announceDelayMs, () => this.#sessions.get(id)?.session.announceChanges());
      return;
    }
    if (this.#announcing) return;
    this.#announcing = true;
    this.#clock.after(announceDelayMs, () => {
      this.#announcing = false;
      for (const { session } of this.#sessions.values()) session.announceChanges();
    });
  }
}

import type { PooledServer } from "../pool/server.ts";
import type { RunningInstance } from "../pool/start-instance.ts";
import { type LogLevel, lowest, usualLevel } from "../session/log-level.ts";
import type { ClientSessions } from "./client-sessions.ts";

/** What one request wants while it runs. */
interface Wish {
  readonly session: string;
  readonly level: LogLevel;
}

/** Milliseconds that a request waits for a server to take note of a level. */
const requestWaitMs = 2000;

const nothingWanted = { told: Promise.resolve(), release() {} };

/** Tells each running instance the lowest level of log messages that any of its clients wants. */
export class LogLevels {
  readonly #sessions: ClientSessions;
  /** Of requests without a session, by server. */
  readonly #wishes = new Map<string, Set<Wish>>();

  constructor(sessions: ClientSessions) {
    this.#sessions = sessions;
  }

  /** Somebody wants another level now, or has left. Resolves when all that run have been told. */
  async changed(servers: readonly PooledServer[]): Promise<void> {
    const told = servers.flatMap((server) =>
      server.allReady.map(([session, instance]) => this.tell(server, session, instance)),
    );
    await Promise.all(told);
  }

  /**
   * Lets a request of the modern era have a level until it is released; `told` resolves when the instance that runs, if one
   * does, knows. `server`: undefined for a request that goes to no one server.
   */
  want(server: PooledServer | undefined, wish: Wish): { told: Promise<void>; release(): void } {
    if (!server) return nothingWanted;
    const wishes = this.#wishes.get(server.id) ?? new Set();
    this.#wishes.set(server.id, wishes.add(wish));
    const session = server.isPerSession ? wish.session : "";
    const tell = async (otherwise?: LogLevel) => {
      const instance = server.ready(session);
      if (instance) await this.tell(server, session, instance, { otherwise, timeoutMs: requestWaitMs });
    };
    return {
      told: tell(),
      release: () => {
        wishes.delete(wish);
        if (wishes.size === 0) this.#wishes.delete(server.id);
        void tell(usualLevel);
      },
    };
  }

  /** `session`: that the instance is for; empty for a shared one. Never rejects: log messages are no reason to fail. */
  async tell(
    server: PooledServer,
    session: string,
    instance: RunningInstance,
    { otherwise, timeoutMs }: { otherwise?: LogLevel | undefined; timeoutMs?: number } = {},
  ): Promise<void> {
    const { upstream, introduction } = instance;
    // There each request says it for itself.
    if (upstream.era === "modern") return;
    const level = this.#wanted(server, session) ?? otherwise;
    if (introduction.capabilities.logging === undefined || !level || upstream.logLevel === level) return;
    upstream.logLevel = level;
    await upstream.ask("logging/setLevel", { level }, timeoutMs).catch(() => {});
  }

  #wanted(server: PooledServer, session: string): LogLevel | undefined {
    const clients =
      session === "" ? this.#sessions.of(server.id) : [this.#sessions.get(session)].filter(isThere);
    const chosen = clients.flatMap((client) => (client?.logLevel ? [client.logLevel] : []));
    const wishes = [...(this.#wishes.get(server.id) ?? [])].filter(
      (wish) => session === "" || wish.session === session,
    );
    const levels = [...chosen, ...wishes.map(({ level }) => level)];
    // A request may ask for less than clients get that chose nothing.
    if (wishes.length > 0 && chosen.length < clients.length) levels.push(usualLevel);
    return lowest(levels);
  }
}

function isThere<T>(value: T | undefined): value is T {
  return value !== undefined;
}

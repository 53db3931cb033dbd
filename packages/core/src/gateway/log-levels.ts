import type { PooledServer } from "../pool/server.ts";
import type { RunningInstance } from "../pool/start-instance.ts";
import { type LogLevel, lowest } from "../session/log-level.ts";
import type { ClientSessions } from "./client-sessions.ts";

/** Tells each running instance the lowest level of log messages that any of its clients wants. */
export class LogLevels {
  readonly #sessions: ClientSessions;

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

  /** `session`: that the instance is for; empty for a shared one. Never rejects: log messages are no reason to fail. */
  async tell(server: PooledServer, session: string, instance: RunningInstance): Promise<void> {
    const { upstream, introduction } = instance;
    // There each request says it for itself.
    if (upstream.era === "modern") return;
    const level = this.#wanted(server, session);
    if (introduction.capabilities.logging === undefined || !level || upstream.logLevel === level) return;
    upstream.logLevel = level;
    await upstream.ask("logging/setLevel", { level }).catch(() => {});
  }

  #wanted(server: PooledServer, session: string): LogLevel | undefined {
    const clients = session === "" ? this.#sessions.of(server.id) : [this.#sessions.get(session)];
    return lowest(clients.flatMap((client) => (client?.logLevel ? [client.logLevel] : [])));
  }
}

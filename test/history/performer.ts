import { clientSeats, type ServerId, serverIds } from "./cast.ts";
import type { Disturbances } from "./disturbances.ts";
import type { History } from "./history.ts";
import type { Operation } from "./plan.ts";
import { firstVersions, type Versions } from "./plan.ts";
import { Request } from "./request.ts";
import type { Seats } from "./seats.ts";
import type { Setting } from "./setting.ts";

/** Requests that may be open at once. */
const mostOpen = 96;
/** Starts, stops and reloads that may be under way at once. */
const mostUnderway = 4;
/** What follows from an operation's number, so that it is the same each time. */
const slowMs = (operation: number) => 5 + (operation % 40);
const isStubborn = (operation: number) => operation % 3 === 0;

export interface PerformerParts {
  readonly seed: number;
  readonly setting: Setting;
  readonly seats: Seats;
  readonly history: History;
  readonly disturbances: Disturbances;
}

/** Does what is planned. An operation may find nothing to do: the client is just coming, no process runs. */
export class Performer {
  /** How often each kind of operation found something to do. */
  readonly effects: Record<string, number> = {};
  readonly #parts: PerformerParts;
  readonly #underway = new Set<Promise<void>>();
  #versions: Versions = firstVersions;

  constructor(parts: PerformerParts) {
    this.#parts = parts;
    for (const id of serverIds) if (firstVersions[id] === undefined) parts.disturbances.begin("absence", id);
  }

  async perform(operation: Operation, index: number): Promise<void> {
    const { history } = this.#parts;
    await history.room(mostOpen - 1);
    while (this.#underway.size >= mostUnderway) await Promise.race(this.#underway);
    if (this.#do(operation, index)) this.effects[operation.kind] = (this.effects[operation.kind] ?? 0) + 1;
  }

  /** Resolves when all is answered and nothing is under way. */
  async settled(): Promise<void> {
    await Promise.all(this.#underway);
    await this.#parts.history.room(0);
  }

  #do(operation: Operation, index: number): boolean {
    const { setting, seats, disturbances } = this.#parts;
    switch (operation.kind) {
      case "call":
      case "slow":
      case "progress":
      case "list":
        return this.#request(operation, index);
      case "cancel": {
        const client = seats.at(operation.client);
        const latest = [...(client?.open ?? [])].at(-1);
        if (latest) client?.cancel(latest);
        return latest !== undefined;
      }
      case "leave":
        return seats.leave(operation.client, { cut: operation.cut, operation: index });
      case "kill": {
        const gone = setting.processes.kill(operation.server, operation.pick);
        if (!gone) return false;
        disturbances.begin("kill", operation.server);
        void gone.then(() => disturbances.end("kill", operation.server));
        return true;
      }
      case "reload":
        this.#reload(operation.versions, index);
        return true;
      case "start":
        this.#watch(index, async () => {
          // It fails as calls do: in a backoff, for a server that is gone, for one with an instance for each session.
          await setting.gateway.startServer(operation.server).catch(() => {});
        });
        return true;
      case "stop":
        disturbances.begin("stop", operation.server);
        this.#watch(index, async () => {
          if (setting.gateway.server(operation.server)) await setting.gateway.stopServer(operation.server);
          disturbances.end("stop", operation.server);
        });
        return true;
      case "rest":
        return true;
    }
  }

  #request(operation: Extract<Operation, { client: number }>, index: number): boolean {
    const { seats, seed } = this.#parts;
    const client = seats.at(operation.client);
    if (!client) return false;
    const { kind } = operation;
    const of = { operation: index, seed, client: client.name };
    if (kind === "list") {
      const { server } = clientSeats[operation.client] ?? {};
      client.send(new Request({ ...of, method: "tools/list", server }));
    }
    if ("server" in operation) {
      const { server } = operation;
      const isSlow = kind !== "call";
      client.send(
        new Request({
          ...of,
          method: "tools/call",
          server,
          ...(isSlow ? { ms: slowMs(index), stubborn: isStubborn(index) } : {}),
          ...(kind === "progress" ? { steps: 3 } : {}),
        }),
      );
    }
    return true;
  }

  #reload(versions: Versions, index: number): void {
    const { setting, disturbances } = this.#parts;
    const before = this.#versions;
    this.#versions = versions;
    const isThere = (id: ServerId, then: Versions) => then[id] !== undefined;
    const going = serverIds.filter((id) => isThere(id, before) && !isThere(id, versions));
    const coming = serverIds.filter((id) => !isThere(id, before) && isThere(id, versions));
    for (const id of going) disturbances.begin("absence", id);
    this.#watch(index, async () => {
      await setting.reload(versions);
      for (const id of coming) disturbances.end("absence", id);
    });
  }

  /** What must neither fail nor be forgotten. */
  #watch(index: number, action: () => Promise<void>): void {
    const done = action()
      .catch((error: unknown) => this.#parts.history.fault(index, `failed: ${String(error)}`))
      .finally(() => this.#underway.delete(done));
    this.#underway.add(done);
  }
}

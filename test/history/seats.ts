import { clientSeats, type Seat } from "./cast.ts";
import type { Client, ClientOptions } from "./clients/client.ts";
import { LegacyHttpClient } from "./clients/legacy-http.ts";
import { LinesClient } from "./clients/lines.ts";
import { ModernHttpClient } from "./clients/modern-http.ts";
import type { History } from "./history.ts";
import { Request } from "./request.ts";
import type { Setting } from "./setting.ts";

/** Milliseconds before a client that was refused tries again to begin its conversation. */
const tryAgainMs = 50;

/** The seats of all clients; when one leaves, another one comes. */
export class Seats {
  readonly #setting: Setting;
  readonly #history: History;
  readonly #clients: (Client | undefined)[] = clientSeats.map(() => undefined);
  readonly #coming = new Set<Promise<void>>();
  #seated = 0;
  #closed = false;

  constructor(setting: Setting, history: History) {
    this.#setting = setting;
    this.#history = history;
  }

  /** Who sits there, if somebody does just now. */
  at(seat: number): Client | undefined {
    return this.#clients[seat];
  }

  /** Resolves when all seats are taken. */
  async fill(): Promise<void> {
    await Promise.all(clientSeats.map((_, seat) => this.#come(seat, -1)));
  }

  /** Whoever sits there leaves, and somebody else comes. Returns whether there was anybody. */
  leave(seat: number, how: { cut: boolean; operation: number }): boolean {
    const client = this.#clients[seat];
    if (!client) return false;
    this.#clients[seat] = undefined;
    const left = client.leave(how.cut).then(() => this.#come(seat, how.operation));
    this.#coming.add(left);
    void left.finally(() => this.#coming.delete(left));
    return true;
  }

  /** Everybody leaves in good order, and nobody comes any more. */
  async close(): Promise<void> {
    this.#closed = true;
    await Promise.all(this.#coming);
    await Promise.all(this.#clients.map((client) => client?.leave(false)));
  }

  async #come(seat: number, operation: number): Promise<void> {
    while (!this.#closed && !(await this.#connect(seat, operation))) {
      await new Promise((resolve) => setTimeout(resolve, tryAgainMs));
    }
  }

  async #connect(number: number, operation: number): Promise<boolean> {
    const { gateway, port } = this.#setting;
    const { front, server } = clientSeats[number] as Seat;
    const history = this.#history;
    const name = `${number}.${++this.#seated}`;
    const options: ClientOptions = { name, gateway, port, server, history };
    const initialize = () => new Request({ operation, seed: 0, client: name, method: "initialize", server });
    const client = await {
      legacy: () => LegacyHttpClient.connect({ ...options, jsonOnly: false }, initialize()),
      "legacy-json": () => LegacyHttpClient.connect({ ...options, jsonOnly: true }, initialize()),
      lines: () => LinesClient.connect(options, initialize()),
      modern: async () => new ModernHttpClient(options),
    }[front]();
    this.#clients[number] = client;
    return client !== undefined;
  }
}

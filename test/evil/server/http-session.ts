import { randomUUID } from "node:crypto";
import type { Message } from "../../support/message.ts";
import { isCall } from "./behaviour.ts";
import type { Wire } from "./wire.ts";

export const sessionHeader = "mcp-session-id";

/** The one session of a server. */
export class Session {
  /** In this session. */
  calls = 0;
  #id: string | undefined;

  begin({ http }: Wire): void {
    this.#id = randomUUID();
    this.calls = 0;
    http?.response.setHeader(sessionHeader, this.#id);
  }

  end(): void {
    this.#id = undefined;
  }

  /** Whether a message belongs to it. Any other is answered with 404. */
  takes(message: Message, wire: Wire): boolean {
    const { method } = message;
    if (method === "initialize") this.begin(wire);
    else if (method !== "server/discover" && !this.#isOf(wire)) {
      wire.http?.response.writeHead(404).end();
      return false;
    }
    if (isCall(message)) this.calls++;
    return true;
  }

  #isOf({ http }: Wire): boolean {
    return this.#id !== undefined && http?.request.headers[sessionHeader] === this.#id;
  }
}

import type { Clock } from "../clock.ts";
import type { Endpoint } from "../router/endpoint.ts";
import { OmgError } from "../runtime/errors.ts";
import type { Frame } from "../runtime/frame.ts";
import type { Exchange } from "./exchange.ts";
import { Listen } from "./listen.ts";

export interface ListensOptions {
  readonly clock: Clock;
  readonly endpoint: (session: string, server: string | undefined) => Endpoint;
  /** A client no longer listens: what was subscribed for it ends. */
  readonly onEnd: (session: string) => void;
}

/** Of one principal, which over HTTP is everybody with the same key. */
const maxListens = 500;

/** The clients that listen, and what servers and reloads have to tell them. */
export class Listens {
  readonly #options: ListensOptions;
  readonly #listens = new Map<string, Listen>();

  constructor(options: ListensOptions) {
    this.#options = options;
  }

  get(session: string): Listen | undefined {
    return this.#listens.get(session);
  }

  /** Lets a client listen until it leaves. Rejects with `bad_params` or `overloaded`. */
  async listen(exchange: Exchange): Promise<Frame> {
    const { clock, endpoint, onEnd } = this.#options;
    const { principal, server } = exchange.options;
    const count = [...this.#listens.values()].filter((listen) => listen.principal === principal).length;
    if (count >= maxListens) throw tooManyError();
    const listen = new Listen(exchange, clock, (session) => endpoint(session, server));
    this.#listens.set(listen.id, listen);
    try {
      return await listen.run();
    } finally {
      this.#listens.delete(listen.id);
      onEnd(listen.id);
    }
  }

  /** A server says that a list has changed: for who listens to this server alone, one session, or all if it is empty. */
  listChanged(server: string, session: string, frame: Frame): void {
    for (const listen of this.#listens.values()) {
      if (listen.server === server && (session === "" || session === listen.id)) listen.listChanged(frame);
    }
  }

  /** Tells a session, or all if it is empty, which lists are old. */
  announceSoon(session: string): void {
    if (session !== "") this.get(session)?.announceChanges();
    else for (const listen of this.#listens.values()) listen.announceChanges();
  }

  end(): void {
    for (const listen of this.#listens.values()) listen.end();
  }
}

function tooManyError(): OmgError {
  return new OmgError("overloaded", {
    detail: "subscriptions",
    retryAfterMs: 1000,
    message: `${maxListens} clients of this key listen, its limit; try again when others have left`,
  });
}

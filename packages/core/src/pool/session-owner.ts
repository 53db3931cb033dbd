import type { GatewayListener } from "../gateway/events.ts";
import type { Frame } from "../runtime/frame.ts";
import type { Params } from "../runtime/transport.ts";
import type { AskOptions } from "../session/call.ts";
import { sessionlessCaller } from "../session/sessionless-caller.ts";
import type { InstanceOwner } from "../upstream/upstream-types.ts";

/** The client of a session. */
export interface InstanceClient {
  /** What it said it can do. */
  readonly capabilities: Params;
  relay(server: string, frame: Frame): void;
  askFrom(server: string, question: Frame, options: AskOptions): Promise<Frame>;
}

export interface SessionOwnerSettings {
  /** Undefined for a request without a session, and when the session has ended. */
  readonly client: (session: string) => InstanceClient | undefined;
  readonly emit: GatewayListener;
}

/** The one session that an instance is for. The client is looked up each time: it may have left. */
export class SessionOwner implements InstanceOwner {
  readonly #server: string;
  readonly #session: string;
  readonly #settings: SessionOwnerSettings;

  constructor(server: string, session: string, settings: SessionOwnerSettings) {
    this.#server = server;
    this.#session = session;
    this.#settings = settings;
  }

  get capabilities(): Params {
    return this.#client?.capabilities ?? {};
  }

  relay(frame: Frame): void {
    const client = this.#client;
    if (client) client.relay(this.#server, frame);
    else {
      const what = `${frame.head.method}, which nobody is there for`;
      this.#settings.emit({ type: "frame-dropped", server: this.#server, what });
    }
  }

  ask(question: Frame, options: AskOptions): Promise<Frame> {
    const caller = this.#client;
    if (caller) return caller.askFrom(this.#server, question, options);
    return sessionlessCaller(this.#server, this.#session).ask(question, options);
  }

  get #client(): InstanceClient | undefined {
    return this.#settings.client(this.#session);
  }
}

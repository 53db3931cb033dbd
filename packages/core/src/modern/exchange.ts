import type { ExchangeOptions } from "../gateway/types.ts";
import { OmgError } from "../runtime/errors.ts";
import { type Frame, type RequestId, rewriteFrame } from "../runtime/frame.ts";
import type { Params } from "../runtime/transport.ts";
import { reaches } from "../session/log-level.ts";
import { type Envelope, readEnvelope } from "./envelope.ts";

/** One request of a client of the modern era, from its arrival to its one answer. */
export class Exchange {
  readonly frame: Frame;
  readonly id: RequestId;
  readonly method: string;
  readonly envelope: Envelope;
  readonly options: ExchangeOptions;

  /** Throws where the request does not say what revision 2026-07-28 asks for. */
  constructor(frame: Frame, options: ExchangeOptions) {
    const { kind, id, method } = frame.head;
    if (kind !== "request" || id === undefined || method === undefined) {
      throw new OmgError("invalid_request", { message: "Only requests can be answered without a session" });
    }
    this.frame = frame;
    this.id = id;
    this.method = method;
    this.envelope = readEnvelope(frame);
    this.options = options;
  }

  get params(): Params {
    const message = this.frame.value();
    return ("params" in message && message.params) || {};
  }

  /** Takes what a server says ahead of the answer to the client, if the client asked for such things. */
  tell(frame: Frame): void {
    const { method = "" } = frame.head;
    if (notForClients.has(method)) return;
    if (method === "notifications/progress") {
      const { token } = this.frame.head;
      if (token !== undefined) this.options.tell(rewriteFrame(frame, { token }));
    } else if (method !== "notifications/message") this.options.tell(frame);
    else if (this.envelope.logLevel !== undefined && reaches(frame, this.envelope.logLevel)) {
      this.options.tell(frame);
    }
  }
}

/** Of the legacy era alone. */
const notForClients = new Set(["notifications/elicitation/complete", "notifications/tasks/status"]);

import { channel } from "node:diagnostics_channel";
import { IncomingMessage, Server } from "node:http";
import { isNamed } from "./header.ts";

/**
 * A request whose `headers` are made for those who are handed it and ask for them. Node itself asks every request whether it
 * expects to be told to go on, for which it would make an object of all of them: 2 µs of a small call's 30.
 */
export class LateHeadersRequest extends IncomingMessage {
  #isHandedOver = false;

  /** Node has looked at the request, and everybody else may now. */
  handOver(): void {
    this.#isHandedOver = true;
  }

  /** Whether somebody else looks, or Node must see: what the request expects, and what an old client can read. */
  get showsHeaders(): boolean {
    if (this.#isHandedOver || onRequest.hasSubscribers) return true;
    return this.httpVersion !== "1.1" || expectsAnything(this.rawHeaders);
  }
}

/** Has a server hand its requests over to whoever hears of them, also to those who wrap `emit` of all servers, as telemetry does. */
export function handOverRequests(server: Server): void {
  server.emit = (...event: unknown[]) => {
    if (event[1] instanceof LateHeadersRequest) event[1].handOver();
    return Reflect.apply(Server.prototype.emit, server, event);
  };
}

/** Its subscribers get a request before it is handed over. */
const onRequest = channel("http.server.request.start");
const none = Object.freeze({});
const ofNode = Object.getOwnPropertyDescriptor(IncomingMessage.prototype, "headers") as PropertyDescriptor;

// Node's types have it as a field, which no accessor may take the place of.
Object.defineProperty(LateHeadersRequest.prototype, "headers", {
  ...ofNode,
  get(this: LateHeadersRequest) {
    return this.showsHeaders ? ofNode.get?.call(this) : none;
  },
});

function expectsAnything(rawHeaders: readonly string[]): boolean {
  for (let index = 0; index < rawHeaders.length; index += 2) {
    if (isNamed(rawHeaders[index] as string, "expect")) return true;
  }
  return false;
}

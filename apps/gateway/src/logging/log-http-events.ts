import type { HttpEvent } from "@omg/transport-http";
import { stackOf } from "./log-events.ts";
import type { Logger } from "./logger.ts";

/** Turns what happens at the HTTP front into log lines. */
export function logHttpEvents(log: Logger): (event: HttpEvent) => void {
  return (event) => {
    switch (event.type) {
      case "http-error":
        return log("error", "Internal error", { error: stackOf(event.error) });
      case "http-stream-stalled":
        return log("debug", "A client did not read and was cut off", { session: event.session });
      case "http-connections-full":
        return log("warn", "Too many connections: further ones are closed", { limit: event.limit });
    }
  };
}

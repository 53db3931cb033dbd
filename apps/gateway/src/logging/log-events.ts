import type { GatewayEvent } from "@omg/core";
import type { Logger } from "./logger.ts";

/** Turns what happens in the gateway into log lines. */
export function logEvents(log: Logger): (event: GatewayEvent) => void {
  return (event) => {
    switch (event.type) {
      case "server-state":
        return logState(log, event);
      case "server-log":
        return log("info", event.line, { server_id: event.server, stream: "stderr" });
      case "server-progress":
        return log("info", event.message, { server_id: event.server });
      case "server-warning":
        return log("warn", event.message, { server_id: event.server });
      case "server-listed":
        return log("debug", "Server listed", { server_id: event.server, tools: event.tools });
      case "frame-dropped":
        return log("debug", `Dropped ${event.what}`, { server_id: event.server });
      case "session-start":
      case "session-end": {
        const message = event.type === "session-start" ? "Session started" : "Session ended";
        return log("debug", message, { session: event.session, server_id: event.server });
      }
      case "call-end":
        return log(event.error ? "warn" : "debug", event.error?.message ?? "Call answered", {
          server_id: event.server,
          method: event.method,
          session: event.session,
          duration_ms: Math.round(event.durationMs * 10) / 10,
          reason: event.error?.reason,
        });
      case "internal-error":
        return log("error", "Internal error", { error: stackOf(event.error) });
    }
  };
}

export function stackOf(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}

function logState(log: Logger, event: Extract<GatewayEvent, { type: "server-state" }>): void {
  const fields = { server_id: event.server, from: event.from, why: event.why };
  switch (event.to) {
    case "starting":
      return log("info", "Starting server", { server_id: event.server });
    case "ready": {
      const startMs = Math.round(event.startMs ?? 0);
      return log("info", "Server ready", {
        server_id: event.server,
        instance: event.instance,
        start_ms: startMs,
      });
    }
    case "stopped":
      return log("info", "Server stopped", { server_id: event.server });
    case "backoff":
    case "failed":
      return log("warn", "Server failed", fields);
    default:
      return log("debug", `Server ${event.to}`, fields);
  }
}

import type { GatewayEvent } from "@omg/core";
import type { LogLevel } from "./levels.ts";
import type { LogFields, Logger } from "./logger.ts";

const forgets = "the next gateway starts them to list them";

type Entry = readonly [level: LogLevel, message: string, fields: LogFields];

/** Turns what happens in the gateway into log lines. */
export function logEvents(log: Logger, level: LogLevel): (event: GatewayEvent) => void {
  let storeFailed = false;
  const logsCalls = level === "debug" || level === "trace";
  return (event) => {
    // Nothing is put together for a line that nobody reads.
    if (event.type === "call-end" && event.error === undefined && !logsCalls) return;
    // One word about a full disk is enough.
    if (event.type === "store-failed" && storeFailed) return;
    storeFailed ||= event.type === "store-failed";
    log(...entryOf(event));
  };
}

export function stackOf(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

function entryOf(event: GatewayEvent): Entry {
  switch (event.type) {
    case "server-state":
      return stateEntry(event);
    case "server-log":
      return ["info", event.line, { server_id: event.server, stream: "stderr" }];
    case "server-progress":
      return ["info", event.message, { server_id: event.server }];
    case "server-warning":
      return ["warn", event.message, { server_id: event.server }];
    case "server-listed":
      return ["debug", "Server listed", { server_id: event.server, tools: event.tools }];
    case "frame-dropped":
      return ["debug", `Dropped ${event.what}`, { server_id: event.server, session: event.session }];
    case "session-start":
      return ["debug", "Session started", { session: event.session, server_id: event.server }];
    case "session-end":
      return ["debug", "Session ended", { session: event.session, server_id: event.server }];
    case "call-end":
      return callEntry(event);
    case "catalog-reload":
      return reloadEntry(event);
    case "store-failed":
      return [
        "warn",
        `What servers offer can not be remembered: ${forgets}`,
        { why: messageOf(event.error) },
      ];
    case "internal-error":
      return ["error", "Internal error", { error: stackOf(event.error) }];
  }
}

function stateEntry(event: Extract<GatewayEvent, { type: "server-state" }>): Entry {
  const { server: server_id, from, to, why, instance } = event;
  switch (to) {
    case "starting":
      return ["info", "Starting server", { server_id }];
    case "ready":
      return ["info", "Server ready", { server_id, instance, start_ms: Math.round(event.startMs ?? 0) }];
    case "stopped":
      return ["info", "Server stopped", { server_id }];
    case "backoff":
    case "failed":
      // The end of the backoff is no failure of its own.
      if (from === "backoff") return ["debug", "Server may be tried again", { server_id }];
      return ["warn", "Server failed", { server_id, from, why }];
    default:
      return ["debug", `Server ${to}`, { server_id, from, why }];
  }
}

function reloadEntry(event: Extract<GatewayEvent, { type: "catalog-reload" }>): Entry {
  const { added, removed, changed, unchanged } = event;
  const loaded = added.length + changed.length + unchanged.length;
  const counts = `added: ${added.length}, removed: ${removed.length}, modified: ${changed.length}, unchanged: ${unchanged.length}`;
  const fields = { added: added.join(" "), removed: removed.join(" "), changed: changed.join(" ") };
  const kept = event.kept.length > 0 ? { kept: event.kept.join(" ") } : {};
  return ["info", `Loaded ${loaded} servers (${counts})`, { ...fields, ...kept }];
}

function callEntry(event: Extract<GatewayEvent, { type: "call-end" }>): Entry {
  const { server: server_id, method, session, error } = event;
  const duration_ms = Math.round(event.durationMs * 10) / 10;
  const fields = { server_id, method, session, duration_ms, reason: error?.reason };
  return [error ? "warn" : "debug", error?.message ?? "Call answered", fields];
}

import {
  entryTitle,
  maskedEntry,
  type ReloadReport,
  type ServerState,
  type ServerStatus,
  setHash,
} from "@omg/core";
import type { Context } from "hono";
import type { ContentfulStatusCode } from "hono/utils/http-status";
import { answerHeaders } from "./answer-headers.ts";
import type { HttpContext } from "./context.ts";
import type { CatalogState } from "./front-options.ts";
import { errorBody, failureOf } from "./http-errors.ts";
import { strainOf } from "./pressure.ts";

export interface ManagementOptions {
  readonly reload?: (() => Promise<ReloadReport>) | undefined;
  /** Default: the catalog that the gateway was made with, or that came by the last reload over HTTP. */
  readonly catalog?: (() => CatalogState) | undefined;
  readonly version?: string | undefined;
  readonly isDraining: () => boolean;
}

export type Handler = (context: Context) => Response | Promise<Response>;

/** State words of the HTTP API, which has fewer than we do. */
const STATUS = {
  stopped: "stopped",
  starting: "starting",
  ready: "running",
  draining: "running",
  stopping: "shutting_down",
  backoff: "unhealthy",
  failed: "unhealthy",
  disabled: "stopped",
} as const satisfies Record<ServerState, string>;

/** Handlers of the management API. They read ids, never commands, arguments, environments, images or addresses. */
export function management(http: HttpContext, options: ManagementOptions) {
  const { gateway } = http;
  let loadedAt = gateway.stats().startedAt;
  const catalog = options.catalog ?? (() => ({ loadedAt, problems: [], needsRestart: [] }));

  /** Runs a handler for the server that the path names. */
  function withServer(work: (id: string, context: Context) => Promise<Response>): Handler {
    return async (context) => {
      const id = context.req.param("id") ?? "";
      if (gateway.server(id) === undefined) return refusal(context, 404, notFound(id), "server_unknown");
      return work(id, context);
    };
  }

  const health: Handler = (context) => context.json({ status: "ok" });

  const ready: Handler = (context) => {
    if (options.isDraining() || gateway.draining) {
      return context.json({ status: "draining", ...staleness(catalog()) }, 503);
    }
    const strain = strainOf(http.pressure());
    if (strain !== undefined) return context.json({ status: "overloaded", detail: strain }, 503);
    return context.json({ status: "ready", ...staleness(catalog()) });
  };

  const list: Handler = (context) => {
    const tag = context.req.query("tag");
    const servers = gateway.servers().filter(({ config }) => tag === undefined || config.tags?.includes(tag));
    return context.json(
      servers.map((status) => ({ ...summary(status), runtime_type: entryTitle(status.config).type })),
    );
  };

  const detail: Handler = (context) => {
    const id = context.req.param("id") ?? "";
    const status = gateway.server(id);
    return status === undefined
      ? refusal(context, 404, notFound(id), "server_unknown")
      : context.json(details(status));
  };

  const start = withServer(async (id, context) => {
    try {
      const started = await gateway.startServer(id);
      const message = started ? "Server started successfully" : "Server already running";
      return context.json({ id, status: "running", message });
    } catch (thrown) {
      return failed(context, thrown, "Failed to start server: ");
    }
  });

  const stop = withServer(async (id, context) => {
    try {
      const stopped = await gateway.stopServer(id);
      const message = stopped ? "Server stopped successfully" : "Server already stopped";
      return context.json({ id, status: "stopped", message });
    } catch (thrown) {
      return failed(context, thrown, "Failed to stop server: ");
    }
  });

  const stats: Handler = (context) => {
    const { startedAt, totalRequests, sessions, heldCalls, droppedFrames } = gateway.stats();
    const { loadedAt, problems, needsRestart } = catalog();
    const { memory, loopDelayMs } = http.pressure();
    const servers = gateway.servers();
    return context.json({
      version: options.version,
      uptime_seconds: secondsSince(startedAt),
      total_requests: totalRequests,
      dropped_messages: droppedFrames + http.counters.droppedFrames,
      active_servers: servers.filter(({ state }) => STATUS[state] === "running").length,
      total_servers: servers.length,
      sessions,
      held_calls: heldCalls,
      connections: http.counters.connections,
      closed_connections: http.counters.closedConnections,
      memory_used: Number(memory.toFixed(3)),
      event_loop_delay_ms: Math.round(loopDelayMs),
      last_reload: loadedAt.toISOString(),
      config_stale: problems.length > 0,
      config_problems: problems,
      needs_restart: needsRestart,
      servers: Object.fromEntries(servers.map((status) => [status.config.id, figures(status)])),
    });
  };

  const reload = options.reload;
  const reloadCatalog: Handler | undefined =
    reload &&
    (async (context) => {
      try {
        const report = await reload();
        loadedAt = new Date();
        return context.json({ status: "ok", message: "Catalog reloaded", ...reloaded(report) });
      } catch (thrown) {
        return failed(context, thrown, "Failed to reload catalog: ", 500);
      }
    });

  function failed(context: Context, thrown: unknown, what: string, fixed?: number): Response {
    const { status, headers, error } = failureOf(thrown);
    if (error.reason === "internal") http.emit({ type: "http-error", error: thrown });
    for (const [name, value] of Object.entries(headers)) context.header(name, String(value));
    if (error.reason === "server_unknown") return refusal(context, 404, error.message, error.reason);
    // A reason that is no fault of HTTP's is the server's here.
    return refusal(context, fixed ?? (status === 200 ? 502 : status), what + error.message, error.reason);
  }

  const warm = withServer(async (id, context) => {
    try {
      return context.json({ id, status: "ok", tools: await gateway.warmServer(id) });
    } catch (thrown) {
      return failed(context, thrown, "Failed to warm server: ");
    }
  });

  const pins = withServer(async (id, context) => {
    try {
      const tools = await gateway.toolPins(id);
      const entries = [...tools].map(([name, pin]) => ({ name, ...pin }));
      return context.json({ id, set: setHash(tools), tools: entries });
    } catch (thrown) {
      return failed(context, thrown, "Failed to ask server for its tools: ");
    }
  });

  return { health, ready, list, detail, start, stop, warm, pins, stats, reload: reloadCatalog };
}

/** Without the problems themselves: this route asks nobody for a key. */
function staleness({ problems }: CatalogState) {
  if (problems.length === 0) return {};
  const detail = "The configuration has errors; what they concern stays as it was before";
  return { config_stale: true, detail };
}

function reloaded({ added, removed, changed, unchanged, kept }: ReloadReport) {
  return {
    servers_loaded: added.length + changed.length + unchanged.length,
    servers_added: added.length,
    servers_removed: removed.length,
    servers_changed: changed.length,
    servers_unchanged: unchanged.length,
    added,
    removed,
    changed,
    unchanged,
    kept,
  };
}

/** An error as the management API words it. */
export function refusal(context: Context, status: number, message: string, reason?: string): Response {
  addAnswerHeaders(context);
  return context.json(errorBody(status, message, reason), status as ContentfulStatusCode);
}

/** Has the answer that Hono will make say what every answer says. */
export function addAnswerHeaders(context: Context): void {
  for (const [name, value] of Object.entries(answerHeaders)) context.header(name, value);
}

function notFound(id: string): string {
  return `Server '${id}' not found`;
}

/** What is unknown is left out, as JSON does with `undefined`. */
function summary(status: ServerStatus) {
  const { config, state, problem, startedAt, lastActivity, requestCount, blockedTools } = status;
  const { display_name, description, tags } = entryTitle(config);
  return {
    id: config.id,
    display_name,
    description,
    status: STATUS[state],
    problem,
    blocked_tools: blockedTools || undefined,
    tags,
    started_at: startedAt?.toISOString(),
    last_activity: lastActivity?.toISOString(),
    request_count: requestCount,
    uptime_seconds: startedAt && secondsSince(startedAt),
  };
}

function details(status: ServerStatus) {
  const { runtime, env } = maskedEntry(status.config);
  return { ...summary(status), runtime, env, connection_count: status.instances };
}

function figures({ state, requestCount, errorCount, startedAt, lastActivity }: ServerStatus) {
  return {
    status: STATUS[state],
    request_count: requestCount,
    error_count: errorCount,
    uptime_seconds: startedAt && secondsSince(startedAt),
    last_activity: lastActivity?.toISOString(),
  };
}

function secondsSince(moment: Date): number {
  return Math.max(0, Math.floor((Date.now() - moment.getTime()) / 1_000));
}

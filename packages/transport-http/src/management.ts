import type { ServerState, ServerStatus } from "@omg/core";
import type { Context } from "hono";
import type { ContentfulStatusCode } from "hono/utils/http-status";
import type { HttpContext } from "./context.ts";
import { errorBody, failureOf } from "./http-errors.ts";
import { maskEnvironment, maskOptions } from "./mask.ts";

/** What a reload of the catalog did. */
export interface ReloadSummary {
  readonly serversLoaded: number;
  readonly serversAdded: number;
  readonly serversRemoved: number;
}

export interface ManagementOptions {
  readonly reload?: (() => Promise<ReloadSummary>) | undefined;
  /** When the catalog was read last. Default: when the gateway started. */
  readonly lastReload?: (() => Date | undefined) | undefined;
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
  let lastReload: Date | undefined;

  /** Runs a handler for the server that the path names. */
  function withServer(work: (id: string, context: Context) => Promise<Response>): Handler {
    return async (context) => {
      const id = context.req.param("id") ?? "";
      if (gateway.server(id) === undefined) return refusal(context, 404, notFound(id));
      return work(id, context);
    };
  }

  const health: Handler = (context) => context.json({ status: "ok" });

  const ready: Handler = (context) => {
    const draining = options.isDraining() || gateway.draining;
    return context.json({ status: draining ? "draining" : "ready" }, draining ? 503 : 200);
  };

  const list: Handler = (context) => {
    const tag = context.req.query("tag");
    const servers = gateway.servers().filter(({ config }) => tag === undefined || config.tags?.includes(tag));
    return context.json(
      servers.map((status) => ({ ...summary(status), runtime_type: status.config.runtime.type })),
    );
  };

  const detail: Handler = (context) => {
    const id = context.req.param("id") ?? "";
    const status = gateway.server(id);
    return status === undefined ? refusal(context, 404, notFound(id)) : context.json(details(status));
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
    const { startedAt, totalRequests } = gateway.stats();
    const servers = gateway.servers();
    return context.json({
      version: options.version,
      uptime_seconds: secondsSince(startedAt),
      total_requests: totalRequests,
      active_servers: servers.filter(({ state }) => STATUS[state] === "running").length,
      total_servers: servers.length,
      last_reload: (options.lastReload?.() ?? lastReload ?? startedAt).toISOString(),
      servers: Object.fromEntries(servers.map((status) => [status.config.id, figures(status)])),
    });
  };

  const reload = options.reload;
  const reloadCatalog: Handler | undefined =
    reload &&
    (async (context) => {
      try {
        const { serversLoaded, serversAdded, serversRemoved } = await reload();
        lastReload = new Date();
        return context.json({
          status: "ok",
          message: "Catalog reloaded",
          servers_loaded: serversLoaded,
          servers_added: serversAdded,
          servers_removed: serversRemoved,
        });
      } catch (thrown) {
        return failed(context, thrown, "Failed to reload catalog: ", 500);
      }
    });

  function failed(context: Context, thrown: unknown, what: string, fixed?: number): Response {
    const { status, headers, error } = failureOf(thrown);
    if (error.reason === "internal") http.emit({ type: "http-error", error: thrown });
    for (const [name, value] of Object.entries(headers)) context.header(name, String(value));
    if (error.reason === "server_unknown") return refusal(context, 404, error.message);
    // A reason that is no fault of HTTP's is the server's here.
    return refusal(context, fixed ?? (status === 200 ? 502 : status), what + error.message);
  }

  return { health, ready, list, detail, start, stop, stats, reload: reloadCatalog };
}

/** An error as the management API words it. */
export function refusal(context: Context, status: number, message: string): Response {
  return context.json(errorBody(status, message), status as ContentfulStatusCode);
}

function notFound(id: string): string {
  return `Server '${id}' not found`;
}

/** What is unknown is left out, as JSON does with `undefined`. */
function summary({ config, state, problem, startedAt, lastActivity, requestCount }: ServerStatus) {
  return {
    id: config.id,
    display_name: config.display_name ?? config.id,
    description: config.description ?? "",
    status: STATUS[state],
    problem,
    tags: config.tags ?? [],
    started_at: startedAt?.toISOString(),
    last_activity: lastActivity?.toISOString(),
    request_count: requestCount,
    uptime_seconds: startedAt && secondsSince(startedAt),
  };
}

function details(status: ServerStatus) {
  const { written, runtime, env } = status.config;
  const shown = { references: written !== undefined };
  return {
    ...summary(status),
    runtime: maskOptions(written?.runtime ?? runtime, shown),
    env: maskEnvironment((written === undefined ? env : written.env) ?? {}, shown),
    connection_count: status.instances,
  };
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

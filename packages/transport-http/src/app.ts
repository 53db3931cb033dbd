import type { HttpBindings } from "@hono/node-server";
import { RESPONSE_ALREADY_SENT } from "@hono/node-server/utils/response";
import { type Context, Hono } from "hono";
import { answerCatalogDiff } from "./catalog-diff.ts";
import type { HttpContext } from "./context.ts";
import { answerRpc } from "./envelope.ts";
import type { LegacyEndpoints } from "./legacy-sse.ts";
import { addAnswerHeaders, type Handler, type ManagementOptions, management, refusal } from "./management.ts";
import type { McpEndpoint } from "./mcp-endpoint.ts";

export type App = Hono<{ Bindings: HttpBindings }>;

export interface Endpoints extends LegacyEndpoints {
  readonly mcp: McpEndpoint;
}

export interface AppOptions extends ManagementOptions {
  /** Whether there is more than MCP. Default: yes. */
  readonly management?: boolean | undefined;
}

type Methods = { readonly GET?: Handler; readonly POST?: Handler };

/** All routes. Each path has exactly one handler: Hono calls a lone one without composing a chain. */
export function createApp(http: HttpContext, endpoints: Endpoints, options: AppOptions): App {
  const app: App = new Hono();
  addMcp(app, http, endpoints);
  if (options.management !== false) addManagement(app, http, options);
  app.notFound((context) => refusal(context, 404, "There is nothing at this path"));
  app.onError((error, context) => {
    http.emit({ type: "http-error", error });
    return refusal(context, 500, "The gateway failed; its log has the details");
  });
  return app;
}

/** What clients call servers by. */
function addMcp(app: App, http: HttpContext, endpoints: Endpoints): void {
  for (const name of ["mcp", "sse", "messages"] as const) {
    app.all(`/${name}`, ({ env }) => {
      endpoints[name](env.incoming, env.outgoing, undefined);
      return RESPONSE_ALREADY_SENT;
    });
    app.all(`/servers/:id/${name}`, ({ env, req }) => {
      endpoints[name](env.incoming, env.outgoing, req.param("id"));
      return RESPONSE_ALREADY_SENT;
    });
  }
  const rpc: Handler = ({ env }) => {
    const { incoming, outgoing } = env as HttpBindings;
    void answerRpc(http, incoming, outgoing);
    return RESPONSE_ALREADY_SENT;
  };
  app.all("/rpc", only({ POST: rpc }));
}

function addManagement(app: App, http: HttpContext, options: ManagementOptions): void {
  const { health, ready, list, detail, start, stop, warm, pins, stats, reload } = management(http, options);
  const diff: Handler = ({ env }) => {
    const { incoming, outgoing } = env as HttpBindings;
    void answerCatalogDiff(http, incoming, outgoing);
    return RESPONSE_ALREADY_SENT;
  };

  app.all("/health", only({ GET: health }));
  app.all("/healthz", only({ GET: health }));
  app.all("/readyz", only({ GET: ready }));
  app.all("/servers", only({ GET: list }));
  app.all("/servers/:id", only({ GET: detail }));
  app.all("/servers/:id/start", only({ POST: start }));
  app.all("/servers/:id/stop", only({ POST: stop }));
  app.all("/servers/:id/warm", only({ POST: warm }));
  app.all("/servers/:id/pins", only({ POST: pins }));
  app.all("/catalog/diff", only({ POST: diff }));
  app.all("/stats", only({ GET: stats }));
  if (reload !== undefined) app.all("/admin/reload", only({ POST: reload }));
}

function only(methods: Methods): (context: Context) => Response | Promise<Response> {
  const allow = Object.keys(methods).join(", ").replace("GET", "GET, HEAD");
  return (context) => {
    const method = context.req.method === "HEAD" ? "GET" : context.req.method;
    const handler = method === "GET" || method === "POST" ? methods[method] : undefined;
    addAnswerHeaders(context);
    if (handler !== undefined) return handler(context);
    context.header("allow", allow);
    return refusal(context, 405, `Method ${context.req.method} is not allowed here`);
  };
}

import type { JsonRpcMessage, Params } from "../../src/runtime/transport.ts";
import { type FakeInstance, type FakeServer, fakeServer, type Handler } from "./fake-runtime.ts";

export const versionKey = "io.modelcontextprotocol/protocolVersion";
export const capabilitiesKey = "io.modelcontextprotocol/clientCapabilities";
export const subscriptionKey = "io.modelcontextprotocol/subscriptionId";

export interface ModernServer extends Partial<FakeServer> {
  readonly capabilities?: Params;
}

/** A server that speaks 2026-07-28 only: it refuses what comes without an envelope. */
export function modernServer(
  tools: Record<string, Handler> = {},
  { capabilities = { tools: {} }, ...more }: ModernServer = {},
): FakeServer {
  const plain = fakeServer(tools, {
    ...more,
    methods: {
      "server/discover": () => ({
        supportedVersions: ["2026-07-28"],
        capabilities,
        instructions: "Be modern",
        ttlMs: 1000,
        cacheScope: "public",
        _meta: { "io.modelcontextprotocol/serverInfo": { name: "modern", version: "2" } },
      }),
      ...more.methods,
    },
  });
  const { initialize: _initialize, ping: _ping, ...methods } = plain.methods;
  const guarded = Object.entries(methods).map(([method, handler]) => [method, guard(handler)]);
  return { ...plain, methods: { ...Object.fromEntries(guarded), ...dual(more) } };
}

/** A handshake that a test gives the server all the same. */
function dual({ methods }: ModernServer): Record<string, Handler> {
  return methods?.initialize ? { initialize: methods.initialize } : {};
}

function guard(handler: Handler): Handler {
  return async (params, instance, id) => {
    const meta = params._meta ?? {};
    if (meta[versionKey] !== "2026-07-28" || typeof meta[capabilitiesKey] !== "object") {
      throw Object.assign(new Error("no envelope"), { code: -32602 });
    }
    return { resultType: "complete", ...(await handler(params, instance, id)) };
  };
}

/** What a server was asked by a method. */
export function requestsOf(instance: FakeInstance, method: string): (JsonRpcMessage & { params: Params })[] {
  return instance.received.filter(
    (message) => "method" in message && message.method === method,
  ) as (JsonRpcMessage & { params: Params })[];
}

/** The methods of everything that a server was sent, in its order. */
export function methodsOf(instance: FakeInstance): string[] {
  return instance.received.map((message) => ("method" in message ? message.method : "an answer"));
}

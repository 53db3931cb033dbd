import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { bins, RunningGateway, Sandbox } from "../../../apps/gateway/test/support/omg.ts";
import { serveOverHttp } from "../../conformance/server/serve-http.ts";
import { serveOverModernHttp } from "../../conformance/server/serve-modern-http.ts";
import type { Command } from "../clients/stdio-pipe.ts";
import { type EraPlace, eraPlaces } from "./place.ts";
import { moreOf } from "./server/tools.ts";

const program = fileURLToPath(new URL("./server/main.ts", import.meta.url));

/** The server that the one-server endpoint is for. */
export const mainServer = "main";
/** Another one like it, for calls that are given up: a shared server's questions are for nobody for a while after that. */
export const fragileServer = "fragile";

/** Which servers a gateway has; `scope` of all of them. */
export interface Catalog extends Pick<EraPlace, "server" | "carrier"> {
  readonly scope: "shared" | "session";
}

/** The gateways that all places use: one for each catalog that serves HTTP; over stdio each client starts its own. */
export interface EraGateways extends AsyncDisposable {
  url(catalog: Catalog): string;
  /** What a client starts to talk over stdio, to all servers or one. */
  stdio(catalog: Catalog, server: string | undefined): Command;
}

export async function startEraGateways(): Promise<EraGateways> {
  await using stack = new AsyncDisposableStack();
  const sandbox = stack.use(new Sandbox());
  const { NODE_DISABLE_COMPILE_CACHE: _, ...plain } = sandbox.env;
  // The same code is started many times.
  const env = { ...plain, XDG_CACHE_HOME: join(sandbox.folder, "cache") } as Record<string, string>;
  const files = new Map<string, string>();
  const running = new Map<string, RunningGateway>();
  for (const catalog of catalogs) {
    const entries = [mainServer, fragileServer].map(async (id) => {
      const runtime = catalog.carrier === "child" ? child(catalog) : await remote(catalog, stack);
      return { id, scope: catalog.scope, runtime };
    });
    const servers = await Promise.all(entries);
    const name = nameOf(catalog);
    const file = sandbox.write(`${name}.yaml`, { hot_reload: false, servers });
    files.set(name, file);
    // One after the other: all use the same state folder, and the first of them makes its key.
    const gateway = stack.use(await RunningGateway.start(sandbox, ["--config", file], env));
    running.set(name, gateway);
    // So that their lists are known to all.
    if (catalog.scope === "session") continue;
    for (const { id } of servers) await gateway.json(`/servers/${id}/warm`, { method: "POST" });
  }
  const owned = stack.move();
  return {
    url: (catalog) => (running.get(nameOf(catalog)) as RunningGateway).url,
    stdio: (catalog, server) => ({
      command: process.execPath,
      args: [
        bins.omg,
        "stdio",
        "--config",
        files.get(nameOf(catalog)) as string,
        ...(server === undefined ? [] : ["--server", server]),
      ],
      env,
    }),
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}

const catalogs: readonly Catalog[] = [
  ...new Map(
    eraPlaces.flatMap(({ server, carrier }) =>
      (["shared", "session"] as const).map((scope) => {
        const catalog = { server, carrier, scope };
        return [nameOf(catalog), catalog] as const;
      }),
    ),
  ).values(),
];

function nameOf({ server, carrier, scope }: Catalog): string {
  return `${server}-${carrier}-${scope}`;
}

function child({ server }: Catalog): object {
  return { type: "local-process", command: process.execPath, args: [program, server] };
}

async function remote({ server }: Catalog, stack: AsyncDisposableStack): Promise<object> {
  const serve = server === "modern" ? serveOverModernHttp : serveOverHttp;
  const { port } = stack.use(await serve(moreOf(server)));
  return { type: "remote-sse", url: `http://127.0.0.1:${port}/mcp`, allow_private_network: true };
}

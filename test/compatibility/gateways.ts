import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { bins, RunningGateway, Sandbox } from "../../apps/gateway/test/support/omg.ts";
import type { Command } from "./clients/stdio-pipe.ts";
import { endpoints, fronts, type Place } from "./place.ts";

const program = fileURLToPath(new URL("./server/main.mjs", import.meta.url));

/** The server that the one-server endpoint is for, and another that lists some of the same URIs. */
export const mainServer = "main";
const otherServer = "twin";

/** The server that a place may crash: a shared one would be down for other places, too. */
export function fragileServer({ front, endpoint, scope }: Place): string {
  return scope === "shared" && front !== "stdio" ? `fragile-${front}-${endpoint}` : mainServer;
}

/** The gateways that all places use: one for each scope that serves HTTP; over stdio each client starts its own. */
export interface Gateways extends AsyncDisposable {
  readonly urls: Readonly<Record<Place["scope"], string>>;
  /** What a client starts to talk over stdio, to all servers or one. */
  stdio(scope: Place["scope"], server: string | undefined): Command;
}

export async function startGateways(): Promise<Gateways> {
  await using stack = new AsyncDisposableStack();
  const sandbox = stack.use(new Sandbox());
  const { NODE_DISABLE_COMPILE_CACHE: _, ...plain } = sandbox.env;
  // The same code is started many times.
  const env = { ...plain, XDG_CACHE_HOME: join(sandbox.folder, "cache") } as Record<string, string>;
  const write = (name: string, scope: Place["scope"], servers: readonly string[]) =>
    sandbox.write(name, { hot_reload: false, servers: servers.map((id) => entry(id, scope)) });
  const pair = [mainServer, otherServer];
  const stdioFiles = {
    shared: write("stdio-shared.yaml", "shared", pair),
    session: write("stdio-session.yaml", "session", pair),
  };
  const fragile = fronts
    .filter((front) => front !== "stdio")
    .flatMap((front) => endpoints.map((endpoint) => fragileServer({ front, endpoint, scope: "shared" })));
  const start = async (config: string) =>
    stack.use(await RunningGateway.start(sandbox, ["--config", config], env));
  // One after the other: all use the same state folder, and the first of them makes its key.
  const shared = await start(write("shared.yaml", "shared", [...pair, ...fragile]));
  const session = await start(write("session.yaml", "session", pair));
  // So that their lists are known to all.
  for (const id of pair) await shared.json(`/servers/${id}/warm`, { method: "POST" });
  const owned = stack.move();
  return {
    urls: { shared: shared.url, session: session.url },
    stdio: (scope, server) => ({
      command: process.execPath,
      args: [
        bins.omg,
        "stdio",
        "--config",
        stdioFiles[scope],
        ...(server === undefined ? [] : ["--server", server]),
      ],
      env,
    }),
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}

function entry(id: string, scope: Place["scope"]): object {
  return { id, scope, runtime: { type: "local-process", command: process.execPath, args: [program, id] } };
}

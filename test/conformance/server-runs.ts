import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { startGateway } from "./gateway.ts";
import type { LocalServer } from "./listen.ts";
import { startRenamingProxy } from "./renaming-proxy.ts";
import { serveOverHttp } from "./server/serve-http.ts";
import { serveOverSse } from "./server/serve-sse.ts";
import { type Run, runServerSuite, type Workplace } from "./suite.ts";

const server = "conformance";
const serverProgram = fileURLToPath(import.meta.resolve("./server.ts"));

/**
 * The suite against a server that knows every feature: first on its own, then behind the gateway, in each way it can
 * stand there. What served a way ends with the last one that needs it.
 */
export async function* serverRuns(workplace: Workplace): AsyncGenerator<Run> {
  {
    await using direct = await serveOverHttp();
    yield await run({ name: "direct", port: direct.port }, workplace);
  }
  const local = { type: "local-process", command: process.execPath, args: [serverProgram] };
  yield* behindGateway({ runtime: local, name: "one server", onAll: "all servers" }, workplace);
  yield* behindGateway({ runtime: local, scope: "session", name: "session scope" }, workplace);
  {
    await using remote = await serveOverHttp();
    yield* behindGateway({ runtime: remoteAt(remote), name: "remote", onAll: "remote, all" }, workplace);
  }
  {
    await using remote = await serveOverSse();
    yield* behindGateway({ runtime: remoteAt(remote), name: "remote SSE" }, workplace);
  }
}

function remoteAt({ port }: LocalServer): object {
  return { type: "remote-sse", url: `http://localhost:${port}/mcp`, allow_private_network: true };
}

interface Place {
  /** As the catalog says it. */
  readonly runtime: object;
  readonly scope?: "session";
  /** Of the run at the endpoint of the one server. */
  readonly name: string;
  /** Of the run at the endpoint of all servers. Default: there is none. */
  readonly onAll?: string;
}

/** A gateway of its own for each place: on the endpoint of all servers, several that are the same are not one. */
async function* behindGateway({ name, onAll, ...entry }: Place, workplace: Workplace): AsyncGenerator<Run> {
  const { folder, signal } = workplace;
  const config = join(folder, `${name}.yaml`);
  // JSON, which is YAML as well.
  await writeFile(config, JSON.stringify({ servers: [{ id: server, ...entry }] }));
  await using gateway = await startGateway({ config, stateFolder: join(folder, `${name}-state`), signal });
  const { port, log } = gateway;
  yield await run({ name, port, path: `/servers/${server}/mcp`, log }, workplace);
  if (onAll === undefined) return;
  await using proxy = await startRenamingProxy({ port, prefix: `${server}__` });
  yield await run({ name: onAll, port: proxy.port, log }, workplace);
}

interface Way {
  readonly name: string;
  readonly port: number;
  readonly path?: string;
  readonly log?: readonly string[];
}

async function run({ name, port, path = "/mcp", log = [] }: Way, workplace: Workplace): Promise<Run> {
  // Not 127.0.0.1: the suite asks for a host name that a rebinding attack would have to imitate.
  const url = `http://localhost:${port}${path}`;
  return { name, log, results: await runServerSuite({ name, url, ...workplace }) };
}

import { mkdtemp, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { startGateway } from "./gateway.ts";
import type { LocalServer } from "./listen.ts";
import type { Crossing, Place } from "./plan.ts";
import { startRenamingProxy } from "./renaming-proxy.ts";
import { type EraName, eraOf, type Revision } from "./revisions.ts";
import { serveOverHttp } from "./server/serve-http.ts";
import { serveOverModernHttp } from "./server/serve-modern-http.ts";
import { serveOverSse } from "./server/serve-sse.ts";
import { type Run, runServerSuite, type Workplace } from "./suite.ts";

const server = "conformance";
const serverProgram = fileURLToPath(import.meta.resolve("./server.ts"));
const serveHttp = { legacy: serveOverHttp, modern: serveOverModernHttp };

/** The suite against a server on its own that knows every feature of the revision. */
export async function directRun(revision: Revision, workplace: Workplace): Promise<Run> {
  await using direct = await serveHttp[eraOf[revision]]();
  return await run({ name: "direct", revision, port: direct.port }, workplace);
}

/**
 * The suite against a server behind the gateway, in each place of a crossing. A gateway of its own for each: on the endpoint
 * of all servers, several that are the same are not one.
 */
export async function* gatewayRuns(crossing: Crossing, workplace: Workplace): AsyncGenerator<Run> {
  const { revision, era, places } = crossing;
  for (const { name, onAll, runtime, scope } of places) {
    await using remote = await serveRemote(runtime, era);
    const entry = { id: server, runtime: remote ? remoteAt(remote) : localProcess(era), scope };
    const folder = await mkdtemp(join(workplace.folder, "gateway-"));
    const config = join(folder, "config.yaml");
    // JSON, which is YAML as well.
    await writeFile(config, JSON.stringify({ servers: [entry] }));
    const { signal } = workplace;
    await using gateway = await startGateway({ config, stateFolder: join(folder, "state"), signal });
    const { port, log } = gateway;
    yield await run({ name, revision, port, path: `/servers/${server}/mcp`, log }, workplace);
    if (onAll === undefined) continue;
    await using proxy = await startRenamingProxy({ port, prefix: `${server}__` });
    yield await run({ name: onAll, revision, port: proxy.port, log }, workplace);
  }
}

async function serveRemote(runtime: Place["runtime"], era: EraName): Promise<LocalServer | undefined> {
  if (runtime === "process") return undefined;
  return runtime === "sse" ? await serveOverSse() : await serveHttp[era]();
}

function localProcess(era: EraName): object {
  return { type: "local-process", command: process.execPath, args: [serverProgram, "--era", era] };
}

function remoteAt({ port }: LocalServer): object {
  return { type: "remote-sse", url: `http://localhost:${port}/mcp`, allow_private_network: true };
}

interface Way {
  readonly name: string;
  readonly revision: Revision;
  readonly port: number;
  readonly path?: string;
  readonly log?: readonly string[];
}

async function run(way: Way, workplace: Workplace): Promise<Run> {
  const { name, revision, port, path = "/mcp", log = [] } = way;
  // Not 127.0.0.1: the suite asks for a host name that a rebinding attack would have to imitate.
  const url = `http://localhost:${port}${path}`;
  return { name, log, results: await runServerSuite({ revision, url, ...workplace }) };
}

import { mkdtempDisposable, readFile, writeFile } from "node:fs/promises";
import { constants, tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parse } from "yaml";
import { startGateway } from "./gateway.ts";
import type { LocalServer } from "./listen.ts";
import { startRenamingProxy } from "./renaming-proxy.ts";
import { judge, passedChecks, type Results, type Verdict } from "./results.ts";
import { serveOverHttp } from "./server/serve-http.ts";
import { serveOverSse } from "./server/serve-sse.ts";
import { requirementsFile, revision, runSuite } from "./suite.ts";

// Runs the official conformance suite against a server that knows every feature: first on its own, then behind the
// gateway, in each way it can stand there. What passes on its own must pass there: what does not is the gateway's doing.
const server = "conformance";
const serverProgram = fileURLToPath(import.meta.resolve("./server.ts"));

/**
 * What passes on its own and need not pass behind the gateway: it answers with JSON if nothing comes before the answer,
 * and the suite then has no streams to look at.
 */
const notAsked = [
  "server-sse-multiple-streams:server-sse-streams-functional",
  // The server breaks the stream of a call off and goes on in another one. Over stdio it has no stream to break off; over
  // HTTP it is the gateway that goes on there, and its own client sees one answer (the run `client` looks at that).
  "server-sse-polling:server-sse-priming-event",
  "server-sse-polling:server-sse-retry-field",
  "server-sse-polling:server-sse-disconnect-resume",
];

const interruption = new AbortController();
for (const name of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
  process.once(name, () => {
    process.exitCode = 128 + constants.signals[name];
    interruption.abort(new Error(`Stopped by ${name}`));
  });
}
try {
  await runAll(interruption.signal);
} catch (error) {
  if (!interruption.signal.aborted) throw error;
  process.stderr.write(`${interruption.signal.reason.message}\n`);
}

async function runAll(signal: AbortSignal): Promise<void> {
  await using folder = await mkdtempDisposable(join(tmpdir(), "omg-conformance-"));
  const requirements = parse(await readFile(requirementsFile, "utf8")) as { server: string[] };
  let required = requirements.server;
  let passed = 0;
  let failed = 0;
  print(`Required by ${revision}:`);
  for await (const { name, results, log } of runs(folder.path, signal)) {
    const verdict = judge(results, required);
    report(name, verdict);
    if (verdict.failed.length > 0) for (const line of log.filter(isTrouble)) print(`    logged: ${line}`);
    if (name === "direct") required = passedChecks(results).filter((check) => !notAsked.includes(check));
    passed += verdict.passed;
    failed += verdict.failed.length;
  }
  print(`${passed} passed, ${failed} failed`);
  if (failed > 0) process.exitCode = 1;
}

interface Run {
  readonly name: string;
  readonly results: Results;
  /** Of the gateway. */
  readonly log: readonly string[];
}

/** One way after the other. What served it ends with the last way that needs it. */
async function* runs(folder: string, signal: AbortSignal): AsyncGenerator<Run> {
  const tools = { folder, signal };
  {
    await using direct = await serveOverHttp();
    yield await run({ name: "direct", port: direct.port }, tools);
  }
  const local = { type: "local-process", command: process.execPath, args: [serverProgram] };
  yield* behindGateway({ runtime: local, name: "one server", onAll: "all servers" }, tools);
  yield* behindGateway({ runtime: local, scope: "session", name: "session scope" }, tools);
  {
    await using remote = await serveOverHttp();
    yield* behindGateway({ runtime: remoteAt(remote), name: "remote", onAll: "remote, all" }, tools);
  }
  {
    await using remote = await serveOverSse();
    yield* behindGateway({ runtime: remoteAt(remote), name: "remote SSE" }, tools);
  }
}

function remoteAt({ port }: LocalServer): object {
  return { type: "remote-sse", url: `http://localhost:${port}/mcp`, allow_private_network: true };
}

interface Tools {
  readonly folder: string;
  readonly signal: AbortSignal;
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

/** A gateway of its own for each place: on an endpoint of all servers, several that are the same are not one. */
async function* behindGateway({ name, onAll, ...entry }: Place, tools: Tools): AsyncGenerator<Run> {
  const { folder, signal } = tools;
  const config = join(folder, `${name}.yaml`);
  // JSON, which is YAML as well.
  await writeFile(config, JSON.stringify({ servers: [{ id: server, ...entry }] }));
  await using gateway = await startGateway({ config, stateFolder: join(folder, `${name}-state`), signal });
  const { port, log } = gateway;
  yield await run({ name, port, path: `/servers/${server}/mcp`, log }, tools);
  if (onAll === undefined) return;
  await using proxy = await startRenamingProxy({ port, prefix: `${server}__` });
  yield await run({ name: onAll, port: proxy.port, log }, tools);
}

interface Way {
  readonly name: string;
  readonly port: number;
  readonly path?: string;
  readonly log?: readonly string[];
}

async function run({ name, port, path = "/mcp", log = [] }: Way, { folder, signal }: Tools): Promise<Run> {
  // Not 127.0.0.1: the suite asks for a host name that a rebinding attack would have to imitate.
  const url = `http://localhost:${port}${path}`;
  return { name, log, results: await runSuite({ url, output: join(folder, name), signal }) };
}

function report(name: string, { passed, failed }: Verdict): void {
  print(`  ${name.padEnd(15)}${passed} passed, ${failed.length} failed`);
  for (const { name, reason } of failed) print(`    failed: ${name}: ${reason}`);
}

function isTrouble(line: string): boolean {
  return !line.includes('"level":"info"');
}

function print(line: string): void {
  process.stdout.write(`${line}\n`);
}

import { mkdtempDisposable, readFile } from "node:fs/promises";
import { constants, tmpdir } from "node:os";
import { join } from "node:path";
import { parse } from "yaml";
import { authRuns, clientRuns } from "./client-runs.ts";
import { judge, passedChecks, type Verdict } from "./results.ts";
import { serverRuns } from "./server-runs.ts";
import { type Run, requirementsFile, revision } from "./suite.ts";

// Runs the official conformance suite against a server and a client: first on their own, then with the gateway between
// them and the suite. What passes on its own must pass there: what does not is the gateway's doing.

/**
 * What passes on its own and need not pass behind the gateway: it answers with JSON if nothing comes before the answer,
 * and the suite then has no streams to look at.
 */
const notAsked = [
  "server-sse-multiple-streams:server-sse-streams-functional",
  // The server breaks the stream of a call off and goes on in another one. Over stdio it has no stream to break off; over
  // HTTP it is the gateway that comes back for the rest, as `sse-retry` of the client's scenarios sees.
  "server-sse-polling:server-sse-priming-event",
  "server-sse-polling:server-sse-retry-field",
  "server-sse-polling:server-sse-disconnect-resume",
];

/** Required of no client, and worth passing through a gateway. */
const alsoAsked = "json-schema-2020-12-preservation";

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
  const workplace = { folder: folder.path, signal };
  const { server, client } = parse(await readFile(requirementsFile, "utf8")) as Requirements;
  const logins = client.filter((name) => name.startsWith("auth/"));
  const clientScenarios = [...client.filter((name) => !logins.includes(name)), alsoAsked];
  print(`Required by ${revision}:`);
  const verdicts = [
    ...(await judgeAll(serverRuns(workplace), server)),
    ...(await judgeAll(clientRuns(clientScenarios, workplace), clientScenarios)),
    ...(await judgeAll(authRuns(logins, workplace), logins)),
  ];
  const passed = verdicts.reduce((sum, verdict) => sum + verdict.passed, 0);
  const failed = verdicts.reduce((sum, verdict) => sum + verdict.failed.length, 0);
  print(`${passed} passed, ${failed} failed`);
  if (failed > 0) process.exitCode = 1;
}

interface Requirements {
  readonly server: readonly string[];
  readonly client: readonly string[];
}

/** The first run shows what the others must reach. */
async function judgeAll(runs: AsyncIterable<Run>, scenarios: readonly string[]): Promise<Verdict[]> {
  const verdicts: Verdict[] = [];
  let required = scenarios;
  for await (const run of runs) {
    const verdict = judge(run.results, required);
    report(run, verdict);
    if (verdicts.length === 0) {
      required = passedChecks(run.results).filter((check) => !notAsked.includes(check));
    }
    verdicts.push(verdict);
  }
  return verdicts;
}

function report({ name, log }: Run, { passed, failed }: Verdict): void {
  print(`  ${name.padEnd(16)}${passed} passed, ${failed.length} failed`);
  for (const { name: check, reason } of failed) print(`    failed: ${check}: ${reason}`);
  if (failed.length > 0) for (const line of log.filter(isTrouble)) print(`    logged: ${line}`);
}

function isTrouble(line: string): boolean {
  return !line.includes('"level":"info"');
}

function print(line: string): void {
  process.stdout.write(`${line}\n`);
}

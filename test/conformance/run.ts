import { mkdtempDisposable } from "node:fs/promises";
import { constants, tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { directClientRun, gatewayClientRun, loginRun } from "./client-runs.ts";
import { excusedIn } from "./exceptions.ts";
import { clients, crossings, logins } from "./plan.ts";
import { type Expectation, judge, passedChecks, type Verdict } from "./results.ts";
import { eraOf, type Requirements, type Revision, readRequirements, revisions } from "./revisions.ts";
import { directRun, gatewayRuns } from "./server-runs.ts";
import type { Run, Workplace } from "./suite.ts";

// Runs the official conformance suite against a server and a client: first on their own, then with the gateway between
// them and the suite. What passes on its own must pass there: what does not is the gateway's doing. What the gateway is not
// ready for is run with `--all` only; `--revision` takes one of them.

/** Required of no client, and worth passing through a gateway. */
const alsoAsked = "json-schema-2020-12-preservation";

const { values: options } = parseArgs({
  options: { all: { type: "boolean", default: false }, revision: { type: "string" } },
});
const verdicts: Verdict[] = [];
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
  for (const revision of revisions) {
    if (options.revision !== undefined && options.revision !== revision) continue;
    print(`Required by ${revision}:`);
    const requirements = await readRequirements(revision);
    await runServers(revision, requirements, workplace);
    await runClients(revision, requirements, workplace);
  }
  const passed = verdicts.reduce((sum, verdict) => sum + verdict.passed, 0);
  const failed = verdicts.reduce((sum, verdict) => sum + verdict.failed.length, 0);
  print(`${passed} passed, ${failed} failed`);
  if (failed > 0 || verdicts.length === 0) process.exitCode = 1;
}

async function runServers(revision: Revision, asked: Requirements, workplace: Workplace): Promise<void> {
  // The servers here offer no extensions.
  const withoutExtensions = (run: Run): Run => ({
    ...run,
    results: new Map([...run.results].filter(([scenario]) => !asked.extensions.includes(scenario))),
  });
  const direct = withoutExtensions(await directRun(revision, workplace));
  report(direct, { required: asked.server });
  for (const crossing of crossings.filter(isRun(revision))) {
    if (crossing.era !== eraOf[revision]) print(`  of a server of the ${crossing.era} era:`);
    for await (const run of gatewayRuns(crossing, workplace)) {
      const { notAsked, impossible } = excusedIn(revision, crossing.era, run.name);
      const excused = [...notAsked, ...impossible];
      const required = passedChecks(direct.results).filter((check) => !excused.includes(check));
      report(withoutExtensions(run), { required, impossible });
    }
  }
}

async function runClients(revision: Revision, asked: Requirements, workplace: Workplace): Promise<void> {
  const loginScenarios = asked.client.filter((name) => name.startsWith("auth/"));
  const scenarios = [...asked.client.filter((name) => !loginScenarios.includes(name)), alsoAsked];
  const direct = await directClientRun({ revision, scenarios, ...workplace });
  report(direct, { required: scenarios });
  if (clients.some(isRun(revision)))
    report(await gatewayClientRun({ revision, scenarios, ...workplace }), {
      required: passedChecks(direct.results),
    });
  if (logins.includes(revision))
    report(await loginRun({ revision, scenarios: loginScenarios, ...workplace }), {
      required: loginScenarios,
    });
}

function isRun(revision: Revision): (planned: { revision: Revision; ready: boolean }) => boolean {
  return (planned) => planned.revision === revision && (planned.ready || options.all);
}

function report({ name, log, results }: Run, expectation: Expectation): void {
  const verdict = judge(results, expectation);
  const { passed, failed } = verdict;
  verdicts.push(verdict);
  print(`  ${name.padEnd(16)}${passed} passed, ${failed.length} failed`);
  for (const { name: check, reason } of failed)
    print(`    failed: ${check}: ${reason.replaceAll(/\s*\n\s*/g, " ")}`);
  if (failed.length > 0) for (const line of log.filter(isTrouble)) print(`    logged: ${line}`);
}

function isTrouble(line: string): boolean {
  return !line.includes('"level":"info"');
}

function print(line: string): void {
  process.stdout.write(`${line}\n`);
}

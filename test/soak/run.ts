import { randomUUID } from "node:crypto";
import { writeFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { RunningGateway, Sandbox } from "../../apps/gateway/test/support/omg.ts";
import { processesWith } from "../../apps/gateway/test/support/processes.ts";
import { exitOnInterruption } from "../../apps/gateway/test/support/take-along.ts";
import { seededRandom } from "../../packages/core/test/support/seeded-random.ts";
import { Probe } from "../support/probe/probe.ts";
import { doHarm } from "./faults.ts";
import { load } from "./load.ts";
import { csv, heading, line, type Sample, takeSamples } from "./samples.ts";
import { soakServers, startRemotes } from "./servers.ts";
import { Tally } from "./tally.ts";
import { judgeGrowth, type Verdict } from "./verdicts.ts";

// Runs a gateway for a long time: 20 servers, 50 calls a second from clients of every kind that come and go, servers
// that become idle, that are killed and that the catalog changes. What it holds must not grow, and no call may fail but
// by what was done to its server.
//
//     npm run soak -- --minutes 60 [--seed S] [--csv FILE] [RESULTS.json]

const { values, positionals } = parseArgs({
  options: {
    minutes: { type: "string", default: "3" },
    seed: { type: "string", default: String(Date.now() % 1_000_000) },
    csv: { type: "string" },
  },
  allowPositionals: true,
});
const minutes = Number(values.minutes);
const random = seededRandom(Number(values.seed));
const print = (text: string) => process.stdout.write(`${text}\n`);

exitOnInterruption();
using sandbox = new Sandbox();
const mark = randomUUID();
const remotes = await startRemotes(mark);
const servers = soakServers(mark, remotes);
const probe = new Probe(sandbox.folder);
const samples: Sample[] = [];
const tally = new Tally();
const harm = { reloads: 0, kills: 0 };

print(`${minutes} min, seed ${values.seed}`);
writeCatalog(0);
const gateway = await RunningGateway.start(
  sandbox,
  ["--catalog", `${sandbox.folder}/catalog.yaml`],
  probe.env,
);
const { url } = gateway;
const ending = new AbortController();
const { signal } = ending;
setTimeout(() => ending.abort(), minutes * 60_000);
print(heading);
await Promise.all([
  load({ url, sandbox, servers, random, tally, signal }),
  doHarm({ minutes, random, reload, mark: `SOAK=${mark}`, signal }, harm),
  takeSamples({
    everyMs: Math.max(2000, (minutes * 60_000) / 120),
    probe,
    pid: gateway.process.pid as number,
    url,
    calls: () => tally.calls,
    onSample(sample) {
      samples.push(sample);
      print(line(sample));
    },
    signal,
  }),
]);
const exitCode = await gateway.stop();
for (const remote of remotes) await remote[Symbol.asyncDispose]();
report();

/** Another edition of one server, which it is started anew for, in the file that the gateway watches. */
function writeCatalog(turn: number): void {
  const changed = servers[turn % servers.length];
  const entries = servers.map((server) =>
    server === changed && turn > 0
      ? { ...server.entry, start_timeout_seconds: 30 + (turn % 60) }
      : server.entry,
  );
  sandbox.write("catalog.yaml", { servers: entries });
}

async function reload(turn: number): Promise<void> {
  writeCatalog(turn);
  const response = await fetch(`${url}/admin/reload`, { method: "POST" });
  if (!response.ok) tally.failed(`a reload was refused: ${await response.text()}`);
  else await response.arrayBuffer();
}

function report(): void {
  const counts = tally.outcomes.map(([outcome, count]) => `${outcome} ${count}`).join(", ");
  print(`${tally.calls} calls (${counts}), ${harm.reloads} reloads, ${harm.kills} servers killed`);
  for (const strange of tally.strange.slice(0, 10)) print(`  ${strange}`);
  const faults = gateway.log.filter(({ message }) => String(message).startsWith("Internal error"));
  const left = processesWith(mark);
  const verdicts: Verdict[] = [
    ...judgeGrowth(samples),
    {
      what: "no call failed but by its server",
      seen: `${tally.strange.length} others`,
      isOk: tally.strange.length === 0,
    },
    { what: "calls were made", seen: `${tally.calls}`, isOk: tally.calls > minutes * 60 * 5 },
    {
      what: "no fault of the gateway's own",
      seen: JSON.stringify(faults.slice(0, 3)),
      isOk: faults.length === 0,
    },
    { what: "it ended in good order", seen: `exit code ${exitCode}`, isOk: exitCode === 0 },
    { what: "nothing was left behind", seen: `${left.length} processes`, isOk: left.length === 0 },
  ];
  for (const { what, seen, isOk } of verdicts) print(`${isOk ? "ok  " : "FAIL"} ${what.padEnd(34)} ${seen}`);
  const failed = verdicts.filter(({ isOk }) => !isOk).length;
  const passed = verdicts.length - failed;
  if (values.csv !== undefined) writeFileSync(values.csv, csv(samples));
  const [results] = positionals;
  if (results !== undefined) writeFileSync(results, JSON.stringify({ passed, failed }));
  print(`${passed} passed, ${failed} failed`);
  process.exitCode = failed > 0 ? 1 : 0;
}

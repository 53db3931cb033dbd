import { constants } from "node:os";
import { readOptions } from "./options.ts";
import { playHistory } from "./play.ts";
import { complaints, summary } from "./report.ts";

// Clients call servers through a gateway while servers are killed, stopped and started, the catalog changes, and clients
// cancel and leave. In the end each request has had exactly one answer, its own, and nothing is left over. The same seed
// gives the same operations; how they meet in time differs from run to run.

const options = readOptions(process.argv.slice(2));
const again = `npm run history -- --ops ${options.operations} --seed ${options.seed}`;
const interruption = new AbortController();
for (const name of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
  process.once(name, () => {
    process.exitCode = 128 + constants.signals[name];
    interruption.abort();
  });
}
print(`Seed ${options.seed}; the same operations again: ${again}`);
const { history, figures } = await playHistory(options, interruption.signal);
const { faults, passed } = history;
for (const line of [...summary(figures), ...complaints(faults, options.seed)]) print(line);
if (faults.length > 0) print(`The same operations again: ${again}`);
print(`${passed} passed, ${faults.length} failed`);
if (faults.length > 0 || passed === 0) process.exitCode = 1;

function print(line: string): void {
  process.stdout.write(`${line}\n`);
}

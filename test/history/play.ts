import { mkdtempDisposable, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { GatewayEvent } from "@omg/core";
import { checkGone, checkIdle, openResources } from "./aftermath.ts";
import { Disturbances } from "./disturbances.ts";
import { compareExecutions } from "./executions.ts";
import { History } from "./history.ts";
import type { Options } from "./options.ts";
import { Performer } from "./performer.ts";
import { plan } from "./plan.ts";
import type { Figures } from "./report.ts";
import { Seats } from "./seats.ts";
import { setUp } from "./setting.ts";

/** Faults after which a history ends early. */
const mostFaults = 20;

export interface Played {
  readonly history: History;
  readonly figures: Figures;
}

/** Plays a history of so many operations, or what there is time for, and checks it. */
export async function playHistory(options: Options, signal: AbortSignal): Promise<Played> {
  const { operations, seed, minutes } = options;
  await using folder = await mkdtempDisposable(join(tmpdir(), "omg-history-"));
  const file = join(folder.path, "executions");
  await writeFile(file, "");
  const disturbances = new Disturbances();
  const history = new History(operations, disturbances);
  const resources = openResources();
  let idleStops = 0;
  const onFault = (error: unknown) => history.fault(undefined, `the gateway failed: ${String(error)}`);
  const onEvent = (event: GatewayEvent) => {
    if (event.type === "internal-error") onFault(event.error);
    if (event.type !== "server-state") return;
    const { server, to, why = "" } = event;
    if (to === "stopping" && why.includes("was idle")) idleStops++;
    if (!disturbances.follow(event))
      history.fault(undefined, `server ${server} was lost, and nobody had killed it: ${why}`);
  };
  await using setting = await setUp({ executions: file, onEvent, onFault });
  const seats = new Seats(setting, history);
  const performer = new Performer({ seed, setting, seats, history, disturbances });
  const began = performance.now();
  const isOver = () =>
    signal.aborted || history.faults.length >= mostFaults || performance.now() - began > minutes * 60_000;
  let done = 0;
  await seats.fill();
  for (const operation of plan(seed)) {
    if (done === operations || isOver()) break;
    await performer.perform(operation, done++);
  }
  await performer.settled();
  const seconds = (performance.now() - began) / 1000;
  await seats.close();
  await checkIdle(setting, history);
  // Not only at the end: what it leaves behind is looked for.
  await setting[Symbol.asyncDispose]();
  await checkGone(setting, history, resources);
  const executions = await compareExecutions(file, history, seed);
  const figures: Figures = {
    operations: done,
    seconds,
    effects: performer.effects,
    outcomes: history.outcomes,
    executions,
    starts: setting.processes.started,
    idleStops,
  };
  return { history, figures };
}

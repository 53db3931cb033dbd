import assert from "node:assert/strict";
import type { Sandbox } from "../../../apps/gateway/test/support/omg.ts";
import { childrenOf, isRunning, until } from "../../../apps/gateway/test/support/processes.ts";
import type { Row } from "../row.ts";
import { ms, timed } from "../support/figures.ts";
import { onGateway, Scene, scriptedServer } from "../support/scene.ts";

const manners = {
  plain: [],
  "deaf to EOF": ["--ignore-eof"],
  "deaf to EOF and SIGTERM": ["--ignore-eof", "--ignore-sigterm"],
};
const families = {
  alone: [],
  "with a grandchild": ["--grandchild", "group"],
  "with one that left": ["--grandchild", "session"],
};

/** Every kind of server that a killed gateway may leave behind. */
const kinds = Object.values(manners).flatMap((own) =>
  Object.values(families).map((more) => [...own, ...more]),
);

const killed: Row = {
  id: "R26",
  promise:
    "a gateway killed with SIGKILL leaves no process; what even the janitor missed ends at the next start",
  figure: "nothing left within 2 s; without the janitor within 5 s of the next start",
  async run() {
    const byJanitor = await onGateway(entriesOf(kinds), kill);
    const bySweep = await onGateway(entriesOf(sweepable), sweepAfterAll);
    return `${kinds.length} kinds of servers; by the janitor ${byJanitor}; without it, by the next gateway, ${bySweep}`;
  },
};

/** A child without any mark of ours is found through the leader of its group, if that is still there. */
const sweepable = kinds.filter((args) => args.includes("--ignore-eof") || !args.includes("group"));

const entriesOf = (all: readonly string[][]) => all.map((args, at) => scriptedServer(`s${at}`, args));

/** Starts all of them; gives the pids of servers and grandchildren. */
async function startAll(scene: Scene, kinds: readonly string[][]): Promise<number[]> {
  const pids: number[] = [];
  for (const { id } of entriesOf(kinds)) {
    const { server, grandchild } = JSON.parse(await scene.gateway.call(id, "pids"));
    pids.push(server, ...(grandchild === null ? [] : [grandchild]));
  }
  assert.ok(pids.every(isRunning));
  return pids;
}

async function kill(scene: Scene): Promise<string> {
  const pids = await startAll(scene, kinds);
  await scene.gateway.stop("SIGKILL");
  const elapsed = await until(() => !pids.some(isRunning), 6000);
  return `${pids.length} processes gone after ${ms(elapsed)}`;
}

async function sweepAfterAll(scene: Scene): Promise<string> {
  const pids = await startAll(scene, sweepable);
  const isServer = new Set(pids);
  const janitors = childrenOf(scene.pid).filter((pid) => !isServer.has(pid));
  for (const pid of janitors) process.kill(pid, "SIGKILL");
  // Before the gateway can start another one.
  await scene.gateway.stop("SIGKILL");
  // Honest servers end with their stdin; the stubborn must be there to be swept.
  const left = pids.filter(isRunning).length;
  assert.ok(left > 0);
  const next = await timed(() => scene.start());
  const elapsed = await until(() => !pids.some(isRunning), 15_000);
  return `${left} processes gone ${ms(next.ms + elapsed)} after its start`;
}

const neighbour: Row = {
  id: "R28",
  promise: "a second gateway on the machine, with the same state folder, never ends the first one's servers",
  figure: "0 ended in 100 starts (20 here), half of them ended by SIGKILL",
  run: () =>
    onGateway([scriptedServer("mine")], async (first) => {
      const starts = 20;
      const { server } = JSON.parse(await first.gateway.call("mine", "pids"));
      await startBeside(first.sandbox, starts);
      const after = JSON.parse(await first.gateway.call("mine", "pids"));
      assert.equal(after.server, server, "its server was ended");
      return `the same process after ${starts} starts of another gateway`;
    }),
};

/** Starts another gateway on the same state folder, again and again. */
async function startBeside(sandbox: Sandbox, starts: number): Promise<void> {
  const beside = new Scene(sandbox, { config: { catalog_path: "other.yaml" } });
  sandbox.write("other.yaml", { servers: [scriptedServer("other")] });
  for (let turn = 0; turn < starts; turn++) {
    const gateway = await beside.start();
    await gateway.call("other", "echo");
    await gateway.stop(turn % 2 === 0 ? "SIGKILL" : "SIGTERM");
  }
}

export const killedGateway: readonly Row[] = [killed, neighbour];

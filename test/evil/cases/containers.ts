import assert from "node:assert/strict";
import type { EvilCase } from "../evil-case.ts";
import type { ExpectedError, Stage } from "../stage.ts";

const memory = "128m";
const mostProcesses = 64;
const closed = { reason: "upstream_closed", executed: "unknown", withinMs: 2000 } as const;

/** Servers that are evil to their container, and containers to which something happens past the gateway. */
export const containers: readonly EvilCase[] = [
  neverStarts("whose program is not in the image", "exit_early", /No such file/, {
    command: "no-such-server",
  }),
  neverStarts("whose program may not be executed", "exit_early", /Permission denied/, {
    command: "/evil/server/main.ts",
  }),
  neverStarts("whose network is not there", "network_missing", /docker network create/, {
    network: "no-such-network",
  }),
  {
    id: "E50",
    mode: "fork-bomb",
    upstreams: ["container"],
    // One of the two processors of a small machine is left to all others.
    entry: { runtime: { pids_limit: mostProcesses, cpus: 0.5 } },
    async play(stage) {
      const pid = await stage.pid();
      assert.equal(await stage.says("misbehave"), "the bomb is lit");
      await goesOff(stage);
      const most = await mostOf(stage, 1000);
      assert.ok(most <= mostProcesses, `${most} processes`);
      return { seen: `normal result, ${most} processes at most`, next: await stage.isKept(pid) };
    },
  },
  {
    id: "E50",
    mode: "takes-memory",
    upstreams: ["container"],
    entry: { runtime: { memory } },
    async play(stage) {
      return endsAndComesBack(
        stage,
        stage.call("misbehave"),
        RegExp(`out of memory \\(limit ${memory}\\)`),
        10_000,
      );
    },
  },
  {
    id: "E50",
    mode: "fills-its-disk",
    upstreams: ["container"],
    async play(stage) {
      const pid = await stage.pid();
      const seen = await stage.says("misbehave");
      assert.equal(
        seen,
        "/tmp: ENOSPC after 64 MB, /dev/shm: ENOSPC after 64 MB, /: EROFS after 0 MB, /evil: EROFS after 0 MB",
      );
      return { seen, next: await stage.isKept(pid) };
    },
  },
  ...[137, 143].map(
    (code): EvilCase => ({
      id: "E51",
      mode: `exits-with-${code}`,
      upstreams: ["container"],
      play: (stage) => endsAndComesBack(stage, stage.call("misbehave"), RegExp(`exit code ${code}`)),
    }),
  ),
  fatal("is killed by hand", /exit code 137/, "POST", "/kill"),
  fatal("is paused by hand", /its container was paused/, "POST", "/pause"),
  fatal("is removed by hand", /exit code 137|its container was removed/, "DELETE", "?force=1"),
  {
    id: "E51",
    mode: "honest",
    what: "a container that is renamed by hand",
    upstreams: ["container"],
    async play(stage) {
      const pid = await stage.pid();
      const [container] = await stage.containers.all();
      await stage.containers.byHand("POST", `/rename?name=${container?.name}-renamed`);
      return { seen: "normal result", next: await stage.isKept(pid) };
    },
  },
];

/** Half of the processor that it may use is little: on a busy machine, the bomb takes seconds to grow. */
async function goesOff(stage: Stage): Promise<void> {
  const patience = AbortSignal.timeout(15_000);
  let processes = 0;
  while (processes <= mostProcesses / 2) {
    assert.ok(!patience.aborted, `${processes} processes after 15 s: the bomb did not go off`);
    processes = await stage.containers.processes();
  }
}

/** The most processes that a server has at once while one looks, in milliseconds. */
async function mostOf(stage: Stage, ms: number): Promise<number> {
  let most = 0;
  const end = performance.now() + ms;
  while (performance.now() < end) {
    most = Math.max(most, await stage.containers.processes());
  }
  return most;
}

function neverStarts(fault: string, detail: string, message: RegExp, runtime: object): EvilCase {
  return {
    id: "E51",
    mode: "honest",
    what: `a container ${fault}`,
    upstreams: ["container"],
    entry: { runtime },
    async play(stage) {
      const reason = "upstream_start_failed";
      const failure = { reason, detail, executed: "no", message, withinMs: 1500 } as const;
      const seen = await stage.fails(stage.call("echo"), failure);
      // The engine may have made it before it found out that it can not be started.
      assert.deepEqual(await stage.containers.all(), []);
      return { seen, next: await stage.restsNow() };
    },
  };
}

/** Something that is done to the container during a call. */
function fatal(fault: string, message: RegExp, method: "POST" | "DELETE", path: string): EvilCase {
  return {
    id: "E51",
    mode: "honest",
    what: `a container that ${fault}`,
    upstreams: ["container"],
    async play(stage) {
      await stage.works();
      const call = stage.call("sleep", { ms: 60_000 });
      await stage.works();
      await stage.containers.byHand(method, path);
      return endsAndComesBack(stage, call, message);
    },
  };
}

async function endsAndComesBack(
  stage: Stage,
  call: ReturnType<Stage["call"]>,
  message: RegExp,
  withinMs: number = closed.withinMs,
) {
  const expected: ExpectedError = { ...closed, message, withinMs };
  const seen = await stage.fails(call, expected);
  const next = await stage.works();
  assert.equal((await stage.containers.all()).length, 1);
  return { seen, next: `${next}, in a new container` };
}

import { once } from "node:events";
import { readdirSync, readFileSync, readlinkSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { isAlive, janitorsOf, processesWith, until } from "./helpers.ts";
import { type HostProcess, startHost } from "./host-process.ts";

const STUBBORN = ["--ignore-eof", "--ignore-sigterm"];
const LIMIT_MS = 3_000;

const children: Record<string, string[]> = {
  "a plain server": [],
  "a server that ignores the end of its input": ["--ignore-eof"],
  "a server that ignores the end of its input and SIGTERM": STUBBORN,
  "a server with a child in its group": ["--grandchild", "group"],
  "a stubborn server with a child in its group": [...STUBBORN, "--grandchild", "group"],
  "a server whose child left the group": ["--grandchild", "session"],
  "a stubborn server whose child left the group": [...STUBBORN, "--grandchild", "session"],
};

describe.runIf(process.platform === "linux")("when the gateway is killed with SIGKILL", () => {
  for (const [name, args] of Object.entries(children)) {
    test(`nothing survives of ${name}`, async () => {
      await using host = await startHost({ servers: [args] });
      expect(host.report.grandchildren).toHaveLength(args.includes("--grandchild") ? 1 : 0);
      process.kill(host.pid, "SIGKILL");
      await untilNothingSurvives(host);
    });
  }

  test("nothing survives when its whole process group is killed", async () => {
    await using host = await startHost({ servers: [STUBBORN] });
    for (const signal of ["SIGHUP", "SIGKILL"] as const) process.kill(-host.pid, signal);
    await untilNothingSurvives(host);
  });

  test("nothing survives of two gateways in one process", async () => {
    const leaver = [...STUBBORN, "--grandchild", "session"];
    await using host = await startHost({ servers: [leaver, leaver, STUBBORN], gateways: 2 });
    expect(host.report.owners).toHaveLength(2);
    process.kill(host.pid, "SIGKILL");
    await untilNothingSurvives(host);
  });

  test("the servers of another gateway live on", async () => {
    await using other = await startHost({ servers: [[], STUBBORN] });
    await using host = await startHost({ servers: [STUBBORN] });
    process.kill(host.pid, "SIGKILL");
    await untilNothingSurvives(host);
    expect([...other.report.servers, ...other.report.janitors].every(isAlive)).toBe(true);
  });

  test("nothing survives if the janitor had been killed before", async () => {
    await using host = await startHost({
      servers: [
        ["--grandchild", "group"],
        ["--grandchild", "session"],
      ],
    });
    for (const janitor of host.report.janitors) process.kill(janitor, "SIGKILL");
    const isNew = (pid: number) => !host.report.janitors.includes(pid);
    await until(() => janitorsOf(host.pid).some(isNew), "a new janitor");
    await host.turn();
    process.kill(host.pid, "SIGKILL");
    await untilNothingSurvives(host);
  });
});

describe.runIf(process.platform === "linux")("the janitor in a gateway", () => {
  test("is one process under 2 MB, with no variable or file of the gateway", async () => {
    await using host = await startHost({ servers: [[], []] });
    expect(host.report.janitors).toHaveLength(1);
    const [janitor = 0] = host.report.janitors;
    const status = readFileSync(`/proc/${janitor}/status`, "utf8");
    expect(Number(/VmRSS:\s+(\d+)/.exec(status)?.[1])).toBeLessThan(2048);
    // What this process itself was born with, and did not open, passes through Node as well.
    const born = filesOf(process.pid);
    expect(filesOf(janitor).filter((file) => !born.includes(file))).toEqual([
      expect.stringMatching(/^0 socket:/),
      "1 /dev/null",
      "2 /dev/null",
    ]);
    expect(readFileSync(`/proc/${janitor}/environ`, "utf8")).toMatch(/^PATH=[^\0]*\0$/);
  });

  test("does not keep the gateway's process alive, and ends with it", async () => {
    await using host = await startHost({ servers: [[]], leave: true });
    const [code] = await once(host.process, "exit", { signal: AbortSignal.timeout(LIMIT_MS) });
    expect(code).toBe(0);
    await untilNothingSurvives(host);
  });
});

async function untilNothingSurvives(host: HostProcess): Promise<void> {
  await until(() => host.survivors().length === 0, "the end of everything", LIMIT_MS);
  for (const owner of host.report.owners) expect(processesWith(`OMG_OWNER=${owner}`)).toEqual([]);
}

/** The open files of a process, with their numbers. */
function filesOf(pid: number): string[] {
  const folder = `/proc/${pid}/fd`;
  return readdirSync(folder).map((number) => `${number} ${linkIn(folder, number)}`);
}

function linkIn(folder: string, name: string): string {
  try {
    return readlinkSync(`${folder}/${name}`);
  } catch {
    return "gone";
  }
}

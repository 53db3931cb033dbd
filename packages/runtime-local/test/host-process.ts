import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { createInterface } from "node:readline";
import type { HostPlan, HostReport } from "./fixtures/host.ts";
import { isAlive, processesWith } from "./helpers.ts";

/** A gateway's process of its own, to be killed. */
export interface HostProcess extends AsyncDisposable {
  readonly process: ChildProcess;
  readonly pid: number;
  readonly report: HostReport;
  /** Resolves when the host has done what it was about: between two turns of its event loop. */
  turn(): Promise<void>;
  /** Everything it started that still lives. */
  survivors(): number[];
}

export async function startHost(plan: HostPlan): Promise<HostProcess> {
  const script = join(import.meta.dirname, "fixtures", "host.ts");
  const child = spawn(process.execPath, [script, JSON.stringify(plan)], {
    detached: true,
    stdio: ["ignore", "pipe", "inherit"],
  });
  const lines = createInterface({ input: child.stdout });
  const [line] = (await once(lines, "line")) as [string];
  const report = JSON.parse(line) as HostReport;
  const pid = child.pid ?? 0;
  const survivors = () => {
    const named = [...report.servers, ...report.grandchildren, ...report.janitors].filter(isAlive);
    return [...named, ...report.owners.flatMap((owner) => processesWith(`OMG_OWNER=${owner}`))];
  };
  return {
    process: child,
    pid,
    report,
    survivors,
    async turn() {
      const answered = once(lines, "line");
      child.kill("SIGUSR2");
      await answered;
    },
    async [Symbol.asyncDispose]() {
      child.kill("SIGKILL");
      for (const survivor of survivors()) if (survivor > 1) process.kill(survivor, "SIGKILL");
    },
  };
}

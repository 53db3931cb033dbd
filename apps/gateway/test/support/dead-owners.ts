import { spawnSync } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { RuntimeV1 } from "@omg/core";
import { here } from "../../src/owners/proof-of-death.ts";

type SweepRequest = Parameters<NonNullable<RuntimeV1["sweep"]>>[0];

/** A runtime that is there for its sweep only. */
export function sweepingRuntime(
  name: string,
  onSweep: (owner: string, request: SweepRequest) => unknown,
): RuntimeV1 {
  const sweep = async (request: SweepRequest) => void (await onSweep(request.owner, request));
  return { name, sweep } as unknown as RuntimeV1;
}

/** Leaves the record of an owner that is dead, and gives its path. */
export function bury(folder: string, owner: string, runtimes: string[]): string {
  const { bootId, machineId, pidNamespace } = here();
  const file = join(folder, `${owner}.json`);
  mkdirSync(folder, { recursive: true });
  writeFileSync(
    file,
    JSON.stringify({ owner, pid: deadPid(), startTime: "1", bootId, machineId, pidNamespace, runtimes }),
  );
  return file;
}

export function deadPid(): number {
  return spawnSync(process.execPath, ["--version"]).pid;
}

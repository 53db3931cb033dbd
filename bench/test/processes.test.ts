import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { afterEach, describe, expect, test } from "vitest";
import { cpuMsOf, hasArgument, parseStat, processTree, residentMbOf } from "../src/measure/processes.ts";

const started: ChildProcess[] = [];

afterEach(async () => {
  for (const child of started.splice(0)) {
    child.kill("SIGKILL");
    if (child.exitCode === null && child.signalCode === null) await once(child, "exit");
  }
});

async function startNode(script: string, ...args: string[]): Promise<number> {
  const child = spawn(process.execPath, ["-e", script, "--", ...args], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  started.push(child);
  await once(child.stdout, "data");
  return child.pid ?? 0;
}

describe("/proc/PID/stat", () => {
  const numbers = "S 10 42 42 0 -1 4194560 900 0 0 0 123 45 7 8 20 0 11 0 5000";

  test("gives parent and CPU time, own children's left out", () => {
    expect(parseStat(`42 (node) ${numbers}`)).toEqual({ pid: 42, parent: 10, cpuMs: 1680, endedCpuMs: 150 });
  });

  test("may have a name with brackets and spaces", () => {
    expect(parseStat(`42 (a) S 1 (b) ${numbers}`)).toEqual({
      pid: 42,
      parent: 10,
      cpuMs: 1680,
      endedCpuMs: 150,
    });
  });
});

describe.skipIf(process.platform !== "linux")("what a process uses", () => {
  test("is what it says of itself", async () => {
    const script =
      "const end = Date.now() + 300; while (Date.now() < end); const { user, system } = process.cpuUsage();" +
      "console.log(1); setInterval(() => {}, 1e6)";
    const before = process.cpuUsage();
    const ours = cpuMsOf([process.pid]);
    const pid = await startNode(script);
    const { user, system } = process.cpuUsage();
    const counted = cpuMsOf([process.pid]);
    expect(Math.abs(counted - (user + system) / 1000)).toBeLessThan(50);
    expect(counted - ours).toBeLessThan((user + system - before.user - before.system) / 1000 + 50);
    // It was busy for 300 ms, at least part of which it had a processor.
    expect(cpuMsOf([pid])).toBeGreaterThan(50);
    expect(residentMbOf([pid])).toBeGreaterThan(20);
    expect(residentMbOf([pid])).toBeLessThan(500);
  });

  test("counts nothing for one that is gone", async () => {
    const pid = await startNode("console.log(1); setInterval(() => {}, 1e6)");
    const [child] = started;
    child?.kill("SIGKILL");
    if (child) await once(child, "exit");
    expect(cpuMsOf([pid])).toBe(0);
    expect(residentMbOf([pid])).toBe(0);
    expect(hasArgument(pid, "x")).toBe(false);
  });

  test("is summed over its children, those with an argument told apart", async () => {
    const child =
      'require("child_process").spawn(process.execPath, ["-e", "setInterval(() => {}, 1e6)", "mark"])';
    const pid = await startNode(`${child}; console.log(1); setInterval(() => {}, 1e6)`);
    const tree = processTree(pid);
    expect(tree).toHaveLength(2);
    expect(tree[0]).toBe(pid);
    expect(processTree(process.pid)).toEqual(expect.arrayContaining(tree));
    const [, inner = 0] = tree;
    started.push({ kill: () => process.kill(inner, "SIGKILL"), exitCode: 0 } as unknown as ChildProcess);
    await expect.poll(() => hasArgument(inner, "mark")).toBe(true);
    expect(hasArgument(pid, "mark")).toBe(false);
  });
});

import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { promises as files } from "node:fs";
import { afterEach, describe, expect, test } from "vitest";
import { markedProcesses, type ReadProc } from "../src/marked-processes.ts";

/** A number that no process has. */
const nobody = 2 ** 30;
/** What `/proc/PID/stat` says, with a name that is hard to read. */
function stat(state: string, flags: number, environmentStart: number): string {
  return `3 (s) h) ${[state, 1, 3, 3, 0, -1, flags, ...Array(40).fill(0), environmentStart].join(" ")} 0 0`;
}
const kernelThread = stat("S", 2129984, 0);
const betweenPrograms = stat("R", 4194304, 0);
const zombie = stat("Z", 4194304, 0);
const withoutVariables = stat("S", 4194304, 140725556480752);

describe.runIf(process.platform === "linux")("processes by their marker", () => {
  const victims: ChildProcess[] = [];

  afterEach(() => {
    for (const victim of victims.splice(0)) victim.kill("SIGKILL");
  });

  test("one that is becoming another program shows no environment, and is found all the same", async () => {
    const { pid, marker, ended } = await victim();
    const proc = new Proc();
    proc.onRead(`/proc/${pid}/environ`, [""]).onRead(`/proc/${pid}/stat`, [betweenPrograms]);
    await markedProcesses(proc).kill(marker);
    await ended;
  });

  test("one that was forked after the list was read, by a process that ended before it was read itself", async () => {
    const { marker, ended } = await victim();
    const proc = new Proc();
    proc.lists.push([String(nobody)]);
    await markedProcesses(proc).kill(marker);
    await ended;
  });

  test("nobody is looked for again when each was seen, kernel threads and processes of other users included", async () => {
    const proc = new Proc();
    proc.lists.push(["2", "3", "4", "5", "uptime"], [], []);
    proc.onRead("/proc/2/environ", [""]).onRead("/proc/2/stat", [kernelThread]);
    proc.onRead("/proc/3/environ", ["ESRCH"]).onRead("/proc/3/stat", [kernelThread]);
    proc.onRead("/proc/4/environ", ["EACCES"]);
    proc.onRead("/proc/5/environ", ["EMFILE", "HOME=/\0OMG_INSTANCE=another\0"]);
    await markedProcesses(proc).kill("OMG_INSTANCE=tested");
    expect(proc.lists).toHaveLength(2);
  });

  test.each([
    ["is between two programs for ever", "", betweenPrograms],
    ["can not be read for a reason of the machine", "EIO", "EIO"],
  ])("one that %s does not hold up a stop", async (_, environment, said) => {
    const proc = new Proc();
    proc.lists.push(...Array.from({ length: 10 }, () => ["3"]));
    proc.onRead("/proc/3/environ", Array(10).fill(environment)).onRead("/proc/3/stat", Array(10).fill(said));
    await markedProcesses(proc).kill("OMG_INSTANCE=tested");
    expect(proc.lists).toHaveLength(7);
  });

  test.each([
    ["a zombie", "ESRCH", zombie],
    ["one without any variable", "", withoutVariables],
  ])("%s is doubted once, and not at each stop", async (_, environment, said) => {
    const proc = new Proc();
    proc.lists.push(...Array.from({ length: 10 }, () => ["3"]));
    proc.onRead("/proc/3/environ", Array(10).fill(environment)).onRead("/proc/3/stat", Array(10).fill(said));
    const processes = markedProcesses(proc);
    await processes.kill("OMG_INSTANCE=tested");
    expect(proc.lists).toHaveLength(8);
    await processes.kill("OMG_INSTANCE=tested");
    expect(proc.lists).toHaveLength(7);
  });

  async function victim(): Promise<{ pid: number; marker: string; ended: Promise<unknown> }> {
    const instance = crypto.randomUUID();
    const child = spawn("sleep", ["1000"], {
      env: { ...process.env, OMG_INSTANCE: instance },
      detached: true,
    });
    victims.push(child);
    await once(child, "spawn");
    return { pid: child.pid ?? 0, marker: `OMG_INSTANCE=${instance}`, ended: once(child, "exit") };
  }
});

/** The real one, but for what a test says of it: once for each reading, texts or the codes of errors. */
class Proc implements ReadProc {
  readonly lists: string[][] = [];
  readonly #said = new Map<string, string[]>();

  onRead(path: string, said: string[]): this {
    this.#said.set(path, said);
    return this;
  }

  async readdir(path: string): Promise<string[]> {
    return this.lists.shift() ?? files.readdir(path);
  }

  async readFile(path: string): Promise<Buffer> {
    const said = this.#said.get(path)?.shift();
    if (said === undefined) return files.readFile(path);
    if (/^E[A-Z]+$/.test(said)) throw Object.assign(new Error(said), { code: said });
    return Buffer.from(said);
  }
}

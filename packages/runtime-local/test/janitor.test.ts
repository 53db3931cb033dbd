import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { copyFile, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { createJanitor } from "../src/janitor.ts";
import { janitorScript } from "../src/janitor-script.ts";
import { startTimeOf } from "../src/process-group.ts";
import { isAlive, until } from "./helpers.ts";

describe.runIf(process.platform === "linux")("the janitor", () => {
  let folder: string;
  const victims: ChildProcess[] = [];

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), "janitor-"));
  });
  afterEach(async () => {
    for (const victim of victims.splice(0)) victim.kill("SIGKILL");
    await rm(folder, { recursive: true });
  });

  test("kills a group whose leader is the one it was told of, and no group whose number was given away", async () => {
    const [known, reused] = [await victim(), await victim()];
    await runScript(`+${known} ${startTimeOf(known)}\n+${reused} 1\n`);
    await until(() => !isAlive(known), "the end of the known group");
    expect(isAlive(reused)).toBe(true);
  });

  test("is not confused by a program whose name holds spaces and parentheses", async () => {
    const odd = await victim({ name: "a) R 1 (b" });
    await runScript(`+${odd} ${startTimeOf(odd)}\n`);
    await until(() => !isAlive(odd), "the end of the odd one");
  });

  test("spares a group that was taken back, and acts on no line that was cut off", async () => {
    const [gone, cut] = [await victim(), await victim()];
    await runScript(`+${gone} ${startTimeOf(gone)}\n-${gone}\n+${cut} ${startTimeOf(cut)}`);
    expect([gone, cut].every(isAlive)).toBe(true);
  });

  test("kills by the whole marker of each owner, never by a part of it", async () => {
    const [first, second, longer, other] = [
      await victim({ env: { OMG_OWNER: "a.b" } }),
      await victim({ env: { OMG_OWNER: "c", MORE: "1" } }),
      await victim({ env: { OMG_OWNER: "a.b2" } }),
      await victim({ env: { OMG_OWNER: "axb", NOTE: "OMG_OWNER=a.b" } }),
    ];
    await runScript("=a.b\n=c\n");
    await until(() => ![first, second].some(isAlive), "the end of both owners' processes");
    expect([longer, other].every(isAlive)).toBe(true);
  });

  test("kills nothing when it has no owner, or is told to stop", async () => {
    const bystander = await victim({ env: { OMG_OWNER: "" } });
    await runScript("");
    await runScript(`+${bystander} ${startTimeOf(bystander)}\n=\n.\n`);
    expect(isAlive(bystander)).toBe(true);
  });

  test("ignores SIGTERM, SIGINT and SIGHUP", async () => {
    const janitor = createJanitor();
    janitor.watch("tested");
    const pid = janitor.pid ?? 0;
    const ignored = () => BigInt(`0x${/SigIgn:\s+(\w+)/.exec(statusOf(pid))?.[1]}`);
    const bits = [15n, 2n, 1n].map((signal) => 1n << (signal - 1n));
    await until(() => bits.every((bit) => ignored() & bit), "the trap");
    await janitor.stop();
    expect(isAlive(pid)).toBe(false);
  });

  test("runs once, and is started again when it dies while it has something to guard", async () => {
    const janitor = createJanitor();
    janitor.watch("tested");
    const first = janitor.pid ?? 0;
    janitor.watch("another");
    expect(janitor.pid).toBe(first);
    janitor.add(await victim());
    process.kill(first, "SIGKILL");
    await until(() => janitor.pid !== undefined && janitor.pid !== first, "a new janitor");
    await janitor.stop();
  });

  test("stops at once when it is asked to, and kills nothing", async () => {
    const janitor = createJanitor();
    const guarded = await victim({ env: { OMG_OWNER: "tested" } });
    janitor.watch("tested");
    janitor.add(guarded);
    const pid = janitor.pid ?? 0;
    const before = performance.now();
    await janitor.stop();
    expect(performance.now() - before).toBeLessThan(900);
    expect([pid, guarded].map(isAlive)).toEqual([false, true]);
  });

  test("takes no owner that its lines could not carry", () => {
    for (const owner of ["", "a\n.", "a\0b"]) expect(() => createJanitor().watch(owner)).toThrow(TypeError);
  });

  test("says so when it can not run", async () => {
    const janitor = createJanitor("/no/such/shell");
    expect(janitor.watch("tested")).toBe(false);
    janitor.add(await victim());
    await janitor.stop();
  });

  async function victim({ name = "", env = {} } = {}): Promise<number> {
    const file = name === "" ? "/bin/sleep" : join(folder, name);
    if (name !== "") await copyFile("/bin/sleep", file);
    const child = spawn(file, ["60"], { detached: true, env, stdio: "ignore" });
    victims.push(child);
    return child.pid ?? 0;
  }
});

/** Runs the script by itself, with these words as all of its input. */
async function runScript(input: string): Promise<void> {
  const janitor = spawn("/bin/sh", ["-c", janitorScript], { stdio: ["pipe", "ignore", "inherit"] });
  janitor.stdin?.end(input);
  expect(await once(janitor, "exit")).toEqual([0, null]);
}

function statusOf(pid: number): string {
  return readFileSync(`/proc/${pid}/status`, "utf8");
}

import { type ChildProcessWithoutNullStreams, execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { scriptedServer } from "@omg/runtime-testkit";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { readyMark, remoteCommand, serverScript } from "../src/remote-script.ts";
import { processesWith } from "./support/processes.ts";
import { startRequest } from "./support/start-request.ts";
import { until } from "./support/until.ts";

const shells = ["dash", "bash --posix", "busybox sh"].filter((shell) => has(shell));

/** A server that does not want to end takes six seconds by itself. */
const timeout = 60_000;

let folder = "";
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "omg-ssh-script-"));
});
afterAll(() => rmSync(folder, { recursive: true }));

describe.concurrent.each(shells)("the script that runs a server, in %s", { timeout }, (shell) => {
  test("hands on what is said either way, and the code that the server ends with", async () => {
    const { child, lines } = run(shell, scripted());
    expect((await lines.next()).value).toMatch(new RegExp(`^${readyMark}\\d+$`));
    child.stdin.write(`{"jsonrpc":"2.0","id":1,"method":"ping"}\n`);
    expect((await lines.next()).value).toBe('{"jsonrpc":"2.0","id":1,"result":{}}');
    child.stdin.write(
      `{"jsonrpc":"2.0","id":2,"method":"tools/call","params":{"name":"crash","arguments":{"code":9}}}\n`,
    );
    expect(await once(child, "exit")).toEqual([9, null]);
  });

  test("ends a server that ignores the end of its input, with what it has started", async () => {
    const request = scripted("--ignore-eof", "--ignore-sigterm", "--grandchild", "session");
    const { child, lines } = run(shell, request);
    await lines.next();
    child.stdin.end();
    expect(await once(child, "exit")).toEqual([137, null]);
    await until(() => processesWith(request.owner).length === 0, "nothing is left");
  });
});

describe.concurrent("the script that runs a server", { timeout }, () => {
  test("ends the server where there is no setsid, too", async () => {
    const tools = join(folder, "tools");
    execFileSync("mkdir", [tools]);
    for (const tool of ["dd", "env", "grep", "sleep"])
      symlinkSync(
        execFileSync("/bin/sh", ["-c", `command -v ${tool}`])
          .toString()
          .trim(),
        join(tools, tool),
      );
    const request = scripted("--ignore-eof", "--ignore-sigterm");
    const { child, lines } = run("/bin/sh", request, tools);
    await lines.next();
    child.stdin.end();
    expect(await once(child, "exit")).toEqual([137, null]);
    expect(processesWith(request.owner)).toEqual([]);
  });

  test("does nothing at all if it was cut off on the way", async () => {
    const trace = join(folder, "trace");
    const request = startRequest({ host: "there", command: "touch", args: [trace] });
    const text = serverScript(request);
    const cuts = Array.from({ length: 20 }, (_, index) =>
      text.slice(0, Math.floor((text.length * index) / 20)),
    );
    for (const cut of [...cuts, text.slice(0, -1)]) {
      const child = spawn("/bin/sh", ["-c", remoteCommand(text, request.owner)]);
      child.stdin.end(cut);
      await once(child, "exit");
    }
    expect(existsSync(trace)).toBe(false);
    const { child } = run("/bin/sh", request);
    await once(child, "exit");
    expect(existsSync(trace)).toBe(true);
  });
});

function scripted(...args: readonly string[]) {
  const { file } = scriptedServer();
  return startRequest({ host: "there", command: process.execPath, args: [file, ...args] });
}

/** Runs the script as the other machine's sshd does, but in another shell. */
function run(shell: string, request: ReturnType<typeof scripted>, path = process.env.PATH) {
  const text = serverScript(request);
  const command = remoteCommand(text, request.owner).replace("/bin/sh", shell);
  const child: ChildProcessWithoutNullStreams = spawn("/bin/sh", ["-c", command], {
    detached: true,
    env: { ...process.env, PATH: path },
  });
  child.stdin.write(text);
  return { child, lines: createInterface({ input: child.stdout })[Symbol.asyncIterator]() };
}

function has(shell: string): boolean {
  const [program = "", ...args] = shell.split(" ");
  try {
    execFileSync(program, [...args, "-c", ":"]);
    return true;
  } catch {
    return false;
  }
}

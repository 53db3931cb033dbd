import { spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { bins, Sandbox } from "./support/omg.ts";
import { isRunning, processesWith, until } from "./support/processes.ts";

const program = fileURLToPath(new URL("./support/stops.ts", import.meta.url));

async function stops(...args: string[]) {
  const start = performance.now();
  const child = spawn(process.execPath, [program, ...args]);
  let stdout = "";
  child.stdout.setEncoding("utf8").on("data", (chunk: string) => {
    stdout += chunk;
  });
  const [code] = await once(child, "close");
  return { code, said: stdout.trim().split("\n"), ms: performance.now() - start };
}

describe.concurrent("after a fault of the gateway", () => {
  const fault = "Internal error; the gateway stops";

  test("calls in flight are finished before it ends with 70", async () => {
    const { code, said } = await stops("300", "fault");
    expect(said).toEqual([fault, "drain", "answered", "stop"]);
    expect(code).toBe(70);
  });

  test("calls that take longer than five seconds are not waited for", async () => {
    const { code, said, ms } = await stops("never", "fault");
    expect(said).toEqual([fault, "drain", "stop"]);
    expect(code).toBe(70);
    expect(ms).toBeGreaterThan(4900);
    expect(ms).toBeLessThan(8000);
  });

  test("a client that is gone is not drained for", async () => {
    const { code, said, ms } = await stops("never", "ended");
    expect(said).toEqual(["drain", "stop"]);
    expect(code).toBe(0);
    expect(ms).toBeLessThan(4000);
  });
});

const call = (id: number, name: string, args: object) =>
  `${JSON.stringify({ jsonrpc: "2.0", id, method: "tools/call", params: { name, arguments: args } })}\n`;

describe.concurrent("omg stdio, with a call in flight that takes a minute", () => {
  const slow = call(2, "sleep", { ms: 60_000 });

  test("ends when its parent is gone, although something holds its pipes open", async () => {
    using sandbox = new Sandbox();
    const catalog = sandbox.catalog({ a: [] });
    // The shell passes its pipes on to two children and dies of the first line that it reads from the second pipe.
    const script = `
      exec 4<&0
      "$0" "$@" <&4 &
      sleep 60 <&4 &
      echo "pids $! $$" >&2
      read die <&3`;
    const args = [process.execPath, bins.omg, "stdio", "--catalog", catalog, "--server", "a"];
    const shell = spawn("sh", ["-c", script, ...args], {
      env: sandbox.env,
      stdio: ["pipe", "pipe", "pipe", "pipe"],
    });
    let stderr = "";
    shell.stderr?.setEncoding("utf8").on("data", (chunk: string) => {
      stderr += chunk;
    });
    shell.stdin?.write(call(1, "pids", {}) + slow);
    const [answer] = await once(shell.stdout as NodeJS.ReadableStream, "data");
    const { server } = JSON.parse(JSON.parse(String(answer)).result.content[0].text);
    const gateways = processesWith(catalog).filter((pid) => pid !== shell.pid && pid !== server);
    expect(gateways.length).toBeGreaterThan(0);
    const holder = Number(/pids (\d+)/.exec(stderr)?.[1]);
    try {
      (shell.stdio[3] as NodeJS.WritableStream).write("die\n");
      await once(shell, "exit");
      expect(gateways.some(isRunning)).toBe(true);
      expect(await until(() => ![...gateways, server].some(isRunning), 9000)).toBeLessThan(9000);
      expect(isRunning(holder)).toBe(true);
    } finally {
      process.kill(holder, "SIGKILL");
    }
  }, 30_000);

  test("ends 25 seconds after its input did", async () => {
    using sandbox = new Sandbox();
    const catalog = sandbox.catalog({ a: [] });
    const child = spawn(process.execPath, [bins.omg, "stdio", "--catalog", catalog, "--server", "a"], {
      env: sandbox.env,
    });
    child.stdin.write(call(1, "pids", {}) + slow);
    const [answer] = await once(child.stdout, "data");
    const { server } = JSON.parse(JSON.parse(String(answer)).result.content[0].text);
    const start = performance.now();
    child.stdin.end();
    expect(await once(child, "exit")).toEqual([0, null]);
    const ms = performance.now() - start;
    expect(ms).toBeGreaterThan(24_900);
    expect(ms).toBeLessThan(29_000);
    expect(isRunning(server)).toBe(false);
  }, 40_000);
});

import { OmgError } from "@omg/core/runtime";
import { connectRaw, scriptedServer } from "@omg/runtime-testkit";
import { describe, expect, test } from "vitest";
import localRuntime, { type LocalRuntimeOptions } from "../src/index.ts";
import { isAlive, janitorsOf, processesWith, startRequest, until } from "./helpers.ts";

const QUICK = { stop: { inputEndMs: 150, terminateMs: 150 } };

describe("a server that goes away", () => {
  test("takes its whole group and those that left it along, without a dispose", async () => {
    for (const kind of ["group", "session"]) {
      await using server = await run(["--grandchild", kind]);
      const { grandchild } = await server.pids();
      await expect(server.client.call("crash")).rejects.toThrow("closed");
      expect(await server.instance.exited).toEqual({ reason: "exited", detail: "exit code 7" });
      await until(() => !isAlive(grandchild), `the end of the grandchild in its own ${kind}`, 1_000);
    }
  });

  test("closes the transport in less than 500 ms although a grandchild holds stdout", async () => {
    await using server = await run(["--grandchild", "hidden"]);
    const { grandchild } = await server.pids();
    try {
      const call = server.client.call("crash", { signal: "SIGKILL" }).catch((error: Error) => error);
      const before = performance.now();
      expect(await call).toBeInstanceOf(Error);
      expect(performance.now() - before).toBeLessThan(500);
      expect(await server.instance.exited).toEqual({ reason: "exited", detail: "signal SIGKILL" });
      expect(isAlive(grandchild)).toBe(true);
    } finally {
      process.kill(grandchild, "SIGKILL");
    }
  });

  test("is heard out: what it wrote before its death arrives", async () => {
    await using server = await run();
    const answer = server.client.call("big", { bytes: 3_000_000 });
    const gone = server.client.call("crash").catch(() => "gone");
    expect((await answer).length).toBe(3_000_000);
    expect(await gone).toBe("gone");
  });

  test("has its last words in the log before exited settles", async () => {
    const logged: string[] = [];
    await using server = await run(["--exit-at-once", "3"], {}, (line) => logged.push(line));
    expect(await server.instance.exited).toEqual({ reason: "exited", detail: "exit code 3" });
    expect(logged).toEqual(["boom"]);
    await expect(server.client.call("echo")).rejects.toThrow();
  });

  test("is killed when it closes its output and lives on", async () => {
    await using server = await run(["--ignore-sigterm"]);
    const before = performance.now();
    await expect(server.client.call("close_stdout")).rejects.toThrow("closed");
    expect((await server.instance.exited).detail).toMatch(/^signal SIGKILL \(killed because its connection/);
    expect(performance.now() - before).toBeLessThan(1_000);
  });

  test("is killed when it sends a message over the limit", async () => {
    await using server = await run(["--ignore-eof"]);
    await expect(server.client.call("big", { bytes: 17 * 1024 * 1024 })).rejects.toThrow("closed");
    expect(
      server.client.errors.some((error) => OmgError.is(error) && error.reason === "message_too_large"),
    ).toBe(true);
    expect((await server.instance.exited).detail).toMatch(/^signal SIGKILL/);
  });

  test("leaves a transport that refuses, if it dies before the transport was started", async () => {
    await using runtime = localRuntime();
    const options = { command: process.execPath, args: [scriptedServer().file, "--exit-at-once", "1"] };
    const instance = await runtime.start(startRequest(options));
    await instance[Symbol.asyncDispose]();
    const client = await connectRaw(instance.transport);
    await expect(client.initialize()).rejects.toThrow("closed");
  });
});

describe("a stop", () => {
  test("ends the input, and a polite server exits by itself", async () => {
    await using server = await run();
    const stop = server.instance[Symbol.asyncDispose]();
    expect(server.instance[Symbol.asyncDispose]()).toBe(stop);
    await stop;
    expect(server.logged).toContain("stopping: end of input");
    expect(await server.instance.exited).toEqual({ reason: "stopped", detail: "exit code 0" });
  });

  test("sends SIGTERM to a server that ignores the end of its input", async () => {
    await using server = await run(["--ignore-eof"], QUICK);
    await server.instance[Symbol.asyncDispose]();
    expect(server.logged).toContain("stopping: SIGTERM");
  });

  test("sends SIGKILL to a server that ignores SIGTERM too", async () => {
    await using server = await run(["--ignore-eof", "--ignore-sigterm"], QUICK);
    await server.instance[Symbol.asyncDispose]();
    expect(await server.instance.exited).toEqual({ reason: "stopped", detail: "signal SIGKILL" });
  });

  test("reaches a server whose transport was never started, even if its output is full", async () => {
    await using runtime = localRuntime();
    const flood = `const { writeSync } = require("node:fs");
      process.stdin.on("end", () => process.exit(6)).resume();
      for (let block = 0; block < 100; block++) writeSync(1, "x".repeat(50_000));`;
    const options = { command: process.execPath, args: ["-e", flood] };
    const instance = await runtime.start(startRequest(options));
    await instance[Symbol.asyncDispose]();
    expect((await instance.exited).detail).toBe("exit code 6");
  });

  test("follows when the gateway closes the transport, as gently", async () => {
    await using server = await run();
    await server.client.close();
    expect(await server.instance.exited).toEqual({ reason: "stopped", detail: "exit code 0" });
  });

  test("does not hurry a server that closes its output before it takes its leave", async () => {
    const script = `process.stdin.on("end", () => {
      require("node:fs").closeSync(1);
      setTimeout(() => process.exit(5), 600);
    }).resume()`;
    await using runtime = localRuntime();
    const instance = await runtime.start(startRequest({ command: process.execPath, args: ["-e", script] }));
    await instance.transport.start();
    await instance[Symbol.asyncDispose]();
    expect(await instance.exited).toEqual({ reason: "stopped", detail: "exit code 5" });
  });

  test("leaves nothing of grandchildren, in the group or out of it", async () => {
    for (const kind of ["group", "session"]) {
      await using server = await run(["--grandchild", kind]);
      const { grandchild } = await server.pids();
      await server.instance[Symbol.asyncDispose]();
      expect(isAlive(grandchild)).toBe(false);
    }
  });

  test("of the runtime stops every instance at once, and then the janitor", async () => {
    const runtime = localRuntime(QUICK);
    const request = startRequest({
      command: process.execPath,
      args: [scriptedServer().file, "--ignore-eof", "--ignore-sigterm"],
    });
    const starts = ["1", "2", "3", "4"].map((instanceId) => runtime.start({ ...request, instanceId }));
    await Promise.all(starts);
    expect(janitorsOf(process.pid)).toHaveLength(1);
    await runtime[Symbol.asyncDispose]();
    expect(processesWith(`OMG_OWNER=${request.owner}`)).toEqual([]);
    expect(janitorsOf(process.pid)).toEqual([]);
  });
});

async function run(
  args: readonly string[] = [],
  options: LocalRuntimeOptions = {},
  log: (line: string) => void = () => {},
) {
  const runtime = localRuntime(options);
  const logged: string[] = [];
  const command = { command: process.execPath, args: [scriptedServer().file, ...args] };
  const instance = await runtime.start(
    startRequest(command, {
      log(line) {
        logged.push(line);
        log(line);
      },
    }),
  );
  const client = await connectRaw(instance.transport);
  if (!args.includes("--exit-at-once")) await client.initialize();
  return {
    instance,
    client,
    logged,
    pids: async () => JSON.parse(await client.call("pids")) as { server: number; grandchild: number },
    [Symbol.asyncDispose]: () => runtime[Symbol.asyncDispose](),
  };
}

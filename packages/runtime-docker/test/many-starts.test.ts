import { randomUUID } from "node:crypto";
import { getEventListeners } from "node:events";
import { readdirSync } from "node:fs";
import { connectRaw } from "@omg/runtime-testkit";
import { expect, test, vi } from "vitest";
import { dockerRuntime } from "../src/index.ts";
import { DockerApi } from "./support/docker-api.ts";
import { describeWithEngine } from "./support/engine.ts";
import { scriptedContainer } from "./support/scripted-container.ts";
import { startRequest } from "./support/start-request.ts";

// Containers take their time on a machine that does much else.
vi.setConfig({ testTimeout: 600_000 });

/** One in five speaks HTTP. */
const starts = 200;
const atOnce = 4;
/** What Node opens for its own ends, and connections to the engine that are kept for the next request. */
const slack = 12;

/** A line of `cat` is a message that comes back. */
const echo = { image: "omg-test/busybox:1", command: "cat", network: "none", stop_timeout: 1 };

describeWithEngine("two hundred starts and stops", ({ socketPath }) => {
  test("leave no container, and in this process no open file and no listener", async () => {
    const api = new DockerApi(socketPath);
    const owner = `test-${randomUUID()}`;
    const { signal } = new AbortController();
    const runtime = dockerRuntime({ hostEnv: { DOCKER_HOST: `unix://${socketPath}` } });

    const stdio = async () => {
      const request = await startRequest(runtime, echo, { owner, signal });
      await using instance = await runtime.start(request);
      const { transport } = instance;
      const heard = new Promise((resolve) => {
        transport.onmessage = resolve;
      });
      await transport.start();
      const message = { jsonrpc: "2.0", method: "notifications/test" } as const;
      await transport.send(message);
      expect(await heard).toEqual(message);
    };
    const http = async () => {
      const request = await startRequest(runtime, scriptedContainer("http"), { owner, signal });
      await using instance = await runtime.start(request);
      const client = await connectRaw(instance.transport);
      await client.initialize();
      expect(await client.call("echo", { text: "here" })).toBe("here");
    };
    const run = async (count: number) => {
      let next = 0;
      const work = async () => {
        for (let index = next++; index < count; index = next++) await (index % 5 === 4 ? http : stdio)();
      };
      await Promise.all(Array.from({ length: atOnce }, work));
    };

    // What is made once for all.
    await run(2 * atOnce);
    const before = { files: openFiles(), listeners: listenersOfProcess() };
    const start = performance.now();
    await run(starts);
    const seconds = (performance.now() - start) / 1000;
    const after = { files: openFiles(), listeners: listenersOfProcess() };

    process.stdout.write(
      `${starts} starts and stops in ${seconds.toFixed(0)} s, ${atOnce} at once; ` +
        `open files ${before.files} → ${after.files}\n`,
    );
    expect(await api.containers(owner)).toEqual([]);
    expect(after.files).toBeLessThanOrEqual(before.files + slack);
    expect(after.listeners).toBeLessThanOrEqual(before.listeners);
    expect(getEventListeners(signal, "abort")).toHaveLength(0);
    await runtime[Symbol.asyncDispose]();
    expect(await api.containers(owner)).toEqual([]);
  });
});

function openFiles(): number {
  return readdirSync("/proc/self/fd").length;
}

function listenersOfProcess(): number {
  return ["exit", "beforeExit", "SIGTERM", "uncaughtException"]
    .map((event) => process.listenerCount(event))
    .reduce((sum, count) => sum + count, 0);
}

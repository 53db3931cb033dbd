import { expect, test, vi } from "vitest";
import dockerRuntime from "../src/index.ts";
import { describeWithEngine } from "./support/engine.ts";
import { startRequest, stubServer } from "./support/stub-server.ts";

// Containers take their time on a machine that does much else.
vi.setConfig({ testTimeout: 60_000 });

/** Does not notice the end of its input, but ends when it is asked to. */
const script = "trap 'echo asked to end >&2; exit 7' TERM; echo ready >&2; sleep 1000 </dev/null & wait";

describeWithEngine("the grace time", ({ socketPath: socket }) => {
  test.each([10, 9.5])("of %d s lets a server end by itself", async (stop_timeout) => {
    await using runtime = dockerRuntime();
    const lines: string[] = [];
    const options = { ...stubServer, args: ["-c", script], stop_timeout, engine: { socket } };
    const instance = await runtime.start(startRequest(options, { log: (line) => lines.push(line) }));
    await vi.waitUntil(() => lines.includes("ready"), { timeout: 20_000 });
    await instance[Symbol.asyncDispose]();
    expect(lines).toContain("asked to end");
    expect(await instance.exited).toEqual({ reason: "stopped", detail: "exit code 7" });
  });
});

import { EventEmitter } from "node:events";
import { afterEach, describe, expect, test, vi } from "vitest";
import { watchFiles } from "../src/reload/watch-files.ts";
import { Sandbox } from "./support/omg.ts";

/** A watcher that the system gives no watches: it says so, and tells nothing ever after. */
vi.mock("chokidar", () => ({
  watch: () => {
    const watcher = new EventEmitter();
    queueMicrotask(() =>
      watcher.emit("error", new Error("ENOSPC: System limit for number of file watchers")),
    );
    return Object.assign(watcher, { close: async () => {} });
  },
}));

describe("without watches", () => {
  afterEach(() => vi.useRealTimers());

  test("a change is noticed within five seconds, and the loss is told once", async () => {
    using sandbox = new Sandbox();
    const path = sandbox.write("catalog.yaml", "servers: []");
    vi.useFakeTimers({ toFake: ["setInterval", "clearInterval"] });
    let hints = 0;
    const lost: string[] = [];
    const watch = await watchFiles({
      paths: () => [path],
      onHint: () => hints++,
      onLost: (why) => lost.push(why),
    });
    await Promise.resolve();
    vi.advanceTimersByTime(5000);
    expect(hints).toBe(0);
    sandbox.write("catalog.yaml", "servers: [] # changed");
    vi.advanceTimersByTime(5000);
    expect(hints).toBe(1);
    vi.advanceTimersByTime(60_000);
    expect(hints).toBe(1);
    expect(lost).toEqual([expect.stringContaining("ENOSPC")]);
    await watch.close();
    sandbox.write("catalog.yaml", "servers: [] # changed again");
    vi.advanceTimersByTime(60_000);
    expect(hints).toBe(1);
  });
});

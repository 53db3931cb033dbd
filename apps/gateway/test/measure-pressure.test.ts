import { afterEach, describe, expect, test, vi } from "vitest";
import { measurePressure } from "../src/machine/measure-pressure.ts";
import { RunningGateway, Sandbox } from "./support/omg.ts";

afterEach(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
});

describe("the event loop", () => {
  test("is known to have been held up, for some seconds", () => {
    vi.useFakeTimers({ toFake: ["setInterval", "clearInterval"] });
    let now = 0;
    vi.spyOn(performance, "now").mockImplementation(() => now);
    const pressure = measurePressure();
    /** Lets the next look come so much later than it should. */
    const look = (lateMs = 0) => {
      now += 250 + lateMs;
      vi.advanceTimersByTime(250);
      return pressure().loopDelayMs;
    };
    expect([look(), look(10), look(1_500), look(), look(700)]).toEqual([0, 10, 1_500, 1_500, 1_500]);
    for (let turn = 0; turn < 20; turn++) look();
    expect(look()).toBe(0);
  });
});

test("a container's limit that changes is noticed", () => {
  vi.useFakeTimers({ toFake: ["setInterval", "clearInterval"] });
  let now = 0;
  vi.spyOn(performance, "now").mockImplementation(() => now);
  const rss = vi.spyOn(process.memoryUsage, "rss").mockReturnValue(90_000_000);
  const limit = vi.spyOn(process, "constrainedMemory").mockReturnValue(100_000_000);
  const pressure = measurePressure();
  expect(pressure().memory).toBe(0.9);
  limit.mockReturnValue(1_000_000_000);
  rss.mockReturnValue(950_000_000);
  for (let turn = 0; turn < 41; turn++) {
    now += 250;
    vi.advanceTimersByTime(250);
  }
  expect(pressure().memory).toBe(0.95);
  expect(limit).toHaveBeenCalledTimes(2);
});

test("memory is measured by the limit that Node was given", async () => {
  using sandbox = new Sandbox();
  const catalog = sandbox.catalog({});
  const used: number[] = [];
  for (const megabytes of [64, 2_048]) {
    const env = { NODE_OPTIONS: `--max-old-space-size=${megabytes}` };
    await using gateway = await RunningGateway.start(sandbox, ["--catalog", catalog], env);
    used.push(Number((await gateway.json("/stats")).memory_used));
    expect((await fetch(`${gateway.url}/readyz`)).status).toBe(200);
  }
  const [small = 0, large = 0] = used;
  expect(large).toBeGreaterThan(0);
  expect(small).toBeGreaterThan(5 * large);
  expect(small).toBeLessThan(0.85);
});

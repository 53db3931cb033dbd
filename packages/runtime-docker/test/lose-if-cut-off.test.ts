import { afterEach, beforeEach, expect, test, vi } from "vitest";
import type { Container } from "../src/container/container.ts";
import type { Ended } from "../src/container/exit-watch.ts";
import { loseIfCutOff } from "../src/container/lose-if-cut-off.ts";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

test("a container from which one hears no more counts as lost, unless it ended in this second or is to end", async () => {
  const ended: Ended = { reason: "exited", detail: "exit code 0" };
  const cutOff = async (container: Partial<Container>, isStopping = false) => {
    const giveUp = vi.fn();
    const whole = { cutOff: Promise.resolve(), ended: new Promise<Ended>(() => {}), giveUp, ...container };
    loseIfCutOff(whole as unknown as Container, () => isStopping);
    await vi.advanceTimersByTimeAsync(1_000);
    return giveUp.mock.calls.flat();
  };
  expect(await cutOff({})).toEqual(["the engine broke off the connection with it"]);
  expect(await cutOff({ cutOff: new Promise(() => {}) })).toEqual([]);
  expect(await cutOff({ ended: Promise.resolve(ended) })).toEqual([]);
  expect(await cutOff({}, true)).toEqual([]);
});

import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { CallSignal } from "../src/call-signal.ts";
import { pause } from "../src/pause.ts";

describe("the signal of a call", () => {
  test("tells each listener once, and why", () => {
    const signal = new CallSignal();
    const first = vi.fn();
    const second = vi.fn();
    signal.addEventListener("abort", first);
    signal.addEventListener("abort", second);
    expect([signal.aborted, signal.reason]).toEqual([false, undefined]);
    const why = new Error("enough");
    signal.abort(why);
    signal.abort(new Error("again"));
    expect([first.mock.calls.length, second.mock.calls.length]).toEqual([1, 1]);
    expect(signal).toMatchObject({ aborted: true, reason: why });
  });

  test("tells nobody who has stopped listening, or begins too late", () => {
    const signal = new CallSignal();
    const listener = vi.fn();
    signal.addEventListener("abort", listener);
    signal.removeEventListener("abort", listener);
    signal.abort(new Error("enough"));
    signal.addEventListener("abort", listener);
    expect(listener).not.toHaveBeenCalled();
  });
});

describe("a pause", () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  test("ends by its time or its signal, at once by one that is aborted, and leaves no timer", async () => {
    const signal = new CallSignal();
    const byTime = pause(1000, signal);
    await vi.advanceTimersByTimeAsync(1000);
    await byTime;
    const bySignal = pause(1000, signal);
    signal.abort(new Error("enough"));
    await bySignal;
    await pause(1000, signal);
    expect(vi.getTimerCount()).toBe(0);
  });
});

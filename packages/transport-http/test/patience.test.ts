import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { Patience } from "../src/patience.ts";

describe("patience", () => {
  const told: string[] = [];

  beforeEach(() => {
    told.length = 0;
    vi.useFakeTimers();
  });
  afterEach(() => vi.useRealTimers());

  function start(patience: Patience, name: string) {
    const waiting = { place: -1, until: 0, onLong: () => void told.push(name) };
    patience.start(waiting);
    return waiting;
  }

  it("tells each that waits for long, at its own time", () => {
    const patience = new Patience(1000);
    start(patience, "a");
    vi.advanceTimersByTime(400);
    start(patience, "b");
    vi.advanceTimersByTime(599);
    expect(told).toEqual([]);
    vi.advanceTimersByTime(1);
    expect(told).toEqual(["a"]);
    vi.advanceTimersByTime(399);
    expect(told).toEqual(["a"]);
    vi.advanceTimersByTime(1);
    expect(told).toEqual(["a", "b"]);
    start(patience, "c");
    vi.advanceTimersByTime(1000);
    expect(told).toEqual(["a", "b", "c"]);
  });

  it("tells nobody whom another one stops that is told at the same time", () => {
    const patience = new Patience(1000);
    const second = { place: -1, until: 0, onLong: () => void told.push("second") };
    patience.start({ place: -1, until: 0, onLong: () => patience.stop(second) });
    patience.start(second);
    vi.advanceTimersByTime(2000);
    expect(told).toEqual([]);
  });

  it("tells nobody who has stopped, and keeps one timer for all", () => {
    const patience = new Patience(1000);
    for (let request = 0; request < 100; request++) patience.stop(start(patience, `${request}`));
    expect(vi.getTimerCount()).toBe(1);
    vi.advanceTimersByTime(5000);
    expect([told, vi.getTimerCount()]).toEqual([[], 0]);
  });
});

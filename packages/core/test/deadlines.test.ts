import { describe, expect, test } from "vitest";
import { Deadlines } from "../src/upstream/deadlines.ts";
import { VirtualClock } from "./support/virtual-clock.ts";

describe("deadlines", () => {
  const expired: string[] = [];
  let clock = new VirtualClock();
  let deadlines = new Deadlines(clock);

  function fresh(): void {
    expired.length = 0;
    clock = new VirtualClock();
    deadlines = new Deadlines(clock);
  }

  function set(name: string, at: number) {
    const deadline = { at, place: -1, expire: () => void expired.push(name) };
    deadlines.set(deadline);
    return deadline;
  }

  test("expire each at its own moment, in whatever order they came", async () => {
    fresh();
    for (const [name, at] of [
      ["c", 300],
      ["a", 100],
      ["b", 200],
      ["a2", 100],
    ] as const)
      set(name, at);
    await clock.advance(99);
    expect(expired).toEqual([]);
    await clock.advance(1);
    expect(expired).toEqual(["a", "a2"]);
    await clock.advance(99);
    expect(expired).toHaveLength(2);
    await clock.advance(101);
    expect(expired).toEqual(["a", "a2", "b", "c"]);
    expect(clock.armed).toBe(0);
  });

  test("do not expire when they are removed, or have moved", async () => {
    fresh();
    const removed = set("removed", 100);
    const moved = set("moved", 100);
    deadlines.remove(removed);
    moved.at = 250;
    deadlines.set(moved);
    await clock.advance(249);
    expect(expired).toEqual([]);
    await clock.advance(1);
    expect(expired).toEqual(["moved"]);
  });

  test("share one timer, however many there are, and leave it alone when they are removed", () => {
    fresh();
    for (let call = 0; call < 1000; call++) deadlines.remove(set(`call ${call}`, 1000 + call));
    expect(clock.armed).toBe(1);
  });

  test("may set others when they expire", async () => {
    fresh();
    deadlines.set({ at: 100, place: -1, expire: () => void set("next", 150) });
    set("last", 200);
    await clock.advance(150);
    expect(expired).toEqual(["next"]);
    await clock.advance(50);
    expect(expired).toEqual(["next", "last"]);
  });

  test("do not expire when another one that expires at the same time removes them", async () => {
    fresh();
    const removed = { at: 100, place: -1, expire: () => void expired.push("removed") };
    deadlines.set({ at: 100, place: -1, expire: () => deadlines.remove(removed) });
    deadlines.set(removed);
    await clock.advance(100);
    expect(expired).toEqual([]);
  });

  test("leave no timer behind when they are forgotten, and begin anew", async () => {
    fresh();
    set("forgotten", 100);
    deadlines.clear();
    expect(clock.armed).toBe(0);
    set("new", 100);
    await clock.advance(100);
    expect(expired).toEqual(["new"]);
  });
});

import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { Caretaker } from "../src/container/caretaker.ts";
import { instanceLabel, serverLabel } from "../src/container/labels.ts";
import type { Engine, ListedContainer } from "../src/engine/engine.ts";
import { EngineFailure } from "../src/engine/engine-failure.ts";

const { signal } = new AbortController();

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

describe("who sees to an owner's containers", () => {
  test("removes what nobody wants, and that alone", async () => {
    const { caretaker, engine } = underTest();
    caretaker.want("wanted");
    engine.has("wanted");
    engine.has("unwanted");
    caretaker.doubt();
    await vi.advanceTimersByTimeAsync(0);
    expect(engine.left).toEqual(["wanted"]);
  });

  test("asks nothing as long as there is no doubt", async () => {
    const { caretaker, engine } = underTest();
    await caretaker.settle("server", signal);
    await caretaker.leave();
    await vi.advanceTimersByTimeAsync(3_600_000);
    expect(engine.lists).toBe(0);
  });

  test("finds what an engine does a minute late, and then looks no more", async () => {
    const { caretaker, engine } = underTest();
    caretaker.doubt();
    await vi.advanceTimersByTimeAsync(4_000);
    engine.has("late");
    await vi.advanceTimersByTimeAsync(1_000);
    expect(engine.left).toEqual([]);
    await vi.advanceTimersByTimeAsync(54_000);
    engine.has("later");
    await vi.advanceTimersByTimeAsync(1_000);
    expect(engine.left).toEqual([]);
    const { lists } = engine;
    await vi.advanceTimersByTimeAsync(3_600_000);
    expect(engine.lists).toBe(lists);
    await caretaker.settle("server", signal);
    expect(engine.lists).toBe(lists);
  });

  test("a doubt that comes during a look has looks of its own", async () => {
    const { caretaker, engine } = underTest();
    const listed = engine.holdList();
    caretaker.doubt();
    await vi.advanceTimersByTimeAsync(0);
    // The engine has answered already, and the answer is on its way.
    engine.has("made meanwhile");
    caretaker.doubt();
    await vi.advanceTimersByTimeAsync(0);
    listed.resolve();
    await vi.advanceTimersByTimeAsync(0);
    expect(engine.left).toEqual([]);
    engine.has("made late");
    await vi.advanceTimersByTimeAsync(5_000);
    expect(engine.left).toEqual([]);
  });

  test("who starts a server waits for a look that begins now", async () => {
    const { caretaker, engine } = underTest();
    const listed = engine.holdList();
    caretaker.doubt();
    await vi.advanceTimersByTimeAsync(0);
    engine.has("made meanwhile");
    const settled = caretaker.settle("server", signal);
    listed.resolve();
    await settled;
    expect(engine.left).toEqual([]);
  });

  test("who starts a server does not wait beyond its deadline", async () => {
    const { caretaker, engine } = underTest();
    engine.holdList();
    caretaker.doubt();
    await vi.advanceTimersByTimeAsync(0);
    const controller = new AbortController();
    const settled = caretaker.settle("server", controller.signal);
    controller.abort(new Error("out of time"));
    await expect(settled).rejects.toThrow("out of time");
  });

  test("tries again while the engine is away, and when it is back", async () => {
    const { caretaker, engine } = underTest();
    engine.has("unwanted");
    engine.isAway = true;
    caretaker.doubt();
    await vi.advanceTimersByTimeAsync(600_000);
    await expect(caretaker.settle("server", signal)).rejects.toThrow(EngineFailure);
    engine.isAway = false;
    await vi.advanceTimersByTimeAsync(1_000);
    expect(engine.left).toEqual([]);
  });

  test("one that can not be removed stands in the way of its own server only, and is tried again", async () => {
    const { caretaker, engine } = underTest();
    engine.has("stuck", "sad");
    engine.has("loose", "sad");
    engine.stuck.add("stuck");
    caretaker.doubt();
    await vi.advanceTimersByTimeAsync(0);
    expect(engine.left).toEqual(["stuck"]);
    await expect(caretaker.settle("sad", signal)).rejects.toThrow("device or resource busy");
    await caretaker.settle("glad", signal);
    engine.stuck.clear();
    await vi.advanceTimersByTimeAsync(1_000);
    expect(engine.left).toEqual([]);
  });

  describe("at its owner's end", () => {
    test("waits for what the engine may do late", async () => {
      const { caretaker, engine } = underTest();
      engine.has("unwanted");
      caretaker.doubt();
      const left = caretaker.leave();
      await vi.advanceTimersByTimeAsync(1_000);
      expect(engine.left).toEqual([]);
      engine.has("late");
      await vi.advanceTimersByTimeAsync(1_000);
      await left;
      expect(engine.left).toEqual([]);
      expect(vi.getTimerCount()).toBe(0);
    });

    test("says when something may be left", async () => {
      const { caretaker, engine } = underTest();
      engine.isAway = true;
      caretaker.doubt();
      const left = expect(caretaker.leave()).rejects.toThrow(EngineFailure);
      await vi.advanceTimersByTimeAsync(10_000);
      await left;
      expect(vi.getTimerCount()).toBe(0);
    });

    test("an engine that comes back in time is made use of", async () => {
      const { caretaker, engine } = underTest();
      engine.has("unwanted");
      engine.isAway = true;
      caretaker.doubt();
      const left = caretaker.leave();
      await vi.advanceTimersByTimeAsync(500);
      engine.isAway = false;
      await vi.advanceTimersByTimeAsync(10_000);
      await left;
      expect(engine.left).toEqual([]);
    });
  });
});

function underTest() {
  const engine = new FakeEngine();
  return {
    engine,
    caretaker: new Caretaker({ engine: engine as unknown as Engine, owner: "owner", wanted: new Set() }),
  };
}

class FakeEngine {
  isAway = false;
  lists = 0;
  /** Containers that it can not remove. */
  readonly stuck = new Set<string>();
  readonly #containers = new Map<string, ListedContainer>();
  #held: Promise<void> | undefined;

  get left(): string[] {
    return [...this.#containers.keys()];
  }

  has(id: string, server = "server"): void {
    this.#containers.set(id, { id, labels: { [instanceLabel]: id, [serverLabel]: server } });
  }

  /** Its next answer to what there is comes late. */
  holdList() {
    const held = Promise.withResolvers<void>();
    this.#held = held.promise;
    return held;
  }

  async list(): Promise<ListedContainer[]> {
    this.lists++;
    if (this.isAway) throw new EngineFailure("list", "ECONNREFUSED");
    const found = [...this.#containers.values()];
    const held = this.#held;
    this.#held = undefined;
    await held;
    return found;
  }

  async remove(id: string): Promise<void> {
    if (this.isAway) throw new EngineFailure("remove", "ECONNREFUSED");
    if (this.stuck.has(id)) throw new EngineFailure("remove", "device or resource busy", 500);
    this.#containers.delete(id);
  }
}

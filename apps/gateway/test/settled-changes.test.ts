import type { Clock } from "@omg/core";
import { beforeEach, describe, expect, test } from "vitest";
import { SettledChanges } from "../src/reload/settled-changes.ts";

/** Time that moves in steps, with a moment after each for whatever waits for it. */
class StepClock implements Clock {
  #now = 0;
  #timers: { at: number; action: () => void }[] = [];

  now = () => this.#now;
  date = () => new Date(this.#now);

  after(ms: number, action: () => void): () => void {
    const timer = { at: this.#now + ms, action };
    this.#timers.push(timer);
    return () => {
      this.#timers = this.#timers.filter((other) => other !== timer);
    };
  }

  async advance(ms: number): Promise<void> {
    for (const end = this.#now + ms; this.#now < end; ) {
      this.#now += 10;
      const due = this.#timers.filter(({ at }) => at <= this.#now);
      this.#timers = this.#timers.filter(({ at }) => at > this.#now);
      for (const { action } of due) action();
      await new Promise((resolve) => setImmediate(resolve));
    }
  }
}

describe("changes", () => {
  let content = "first";
  let writes = 0;
  let applied: string[] = [];
  let clock = new StepClock();
  let changes = settled();

  function settled(apply: (digest: string) => Promise<void> = async () => {}): SettledChanges {
    clock = new StepClock();
    applied = [];
    content = "first";
    return new SettledChanges("first", {
      clock,
      settleMs: 200,
      look: () => ({ digest: content, stamp: String(writes) }),
      apply: async (digest) => {
        applied.push(digest);
        await apply(digest);
      },
    });
  }

  const write = (text: string) => {
    content = text;
    writes++;
    void changes.hint();
  };

  beforeEach(() => {
    changes = settled();
  });

  test("count after 200 ms without another", async () => {
    write("second");
    await clock.advance(190);
    expect(applied).toEqual([]);
    await clock.advance(10);
    expect(applied).toEqual(["second"]);
  });

  test("written in three parts, 150 ms apart, count once, whole", async () => {
    for (const part of ["s", "sec", "second"]) {
      write(part);
      await clock.advance(150);
    }
    await clock.advance(1000);
    expect(applied).toEqual(["second"]);
  });

  test("100 within a second count once", async () => {
    for (let round = 0; round < 100; round++) {
      write(`round ${round}`);
      await clock.advance(10);
    }
    await clock.advance(1000);
    expect(applied).toEqual(["round 99"]);
  });

  test("caught twice in the same half of two writes do not count", async () => {
    write("");
    await clock.advance(150);
    write("second");
    await clock.advance(40);
    write("");
    await clock.advance(20);
    write("second");
    await clock.advance(1000);
    expect(applied).toEqual(["second"]);
  });

  test("that are taken back do not count", async () => {
    write("second");
    await clock.advance(100);
    write("first");
    await clock.advance(1000);
    expect(applied).toEqual([]);
  });

  test("hinted at, but not there, do not count", async () => {
    void changes.hint();
    await clock.advance(1000);
    expect(applied).toEqual([]);
  });

  test("that somebody else acted upon do not count", async () => {
    write("second");
    changes.acted("second");
    await clock.advance(1000);
    expect(applied).toEqual([]);
  });

  test("that come while one is acted upon are seen to afterwards", async () => {
    const busy = Promise.withResolvers<void>();
    changes = settled(() => busy.promise);
    write("second");
    await clock.advance(200);
    write("third");
    await clock.advance(1000);
    expect(applied).toEqual(["second"]);
    busy.resolve();
    await clock.advance(1000);
    expect(applied).toEqual(["second", "third"]);
  });

  test("do not count after the end", async () => {
    write("second");
    changes.close();
    await clock.advance(1000);
    write("third");
    await clock.advance(1000);
    expect(applied).toEqual([]);
  });
});

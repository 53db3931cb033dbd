import { getHeapSpaceStatistics, setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { describe, expect, test } from "vitest";
import { Crowd } from "../src/crowd.ts";
import { RequestTable } from "../src/request-table.ts";

describe("a table of requests", () => {
  test("gives back what is under an id, and tells 1 from '1'", () => {
    const table = new RequestTable<string>();
    table.add(1, "number");
    table.add("1", "text");
    expect([table.get(1), table.get("1"), table.get("2")]).toEqual(["number", "text", undefined]);
    expect([table.has(1), table.has("2"), table.size]).toEqual([true, false, 2]);
  });

  test("agrees with a Map, whatever comes and goes", () => {
    const table = new RequestTable<number>();
    const map = new Map<string | number, number>();
    let seed = 1;
    const random = (below: number) => {
      seed = (seed * 48_271) % 2_147_483_647;
      return seed % below;
    };
    for (let step = 0; step < 5_000; step++) {
      const id = random(2) === 0 ? random(40) : `${random(40)}`;
      if (map.has(id)) {
        expect(table.take(id)).toBe(map.get(id));
        map.delete(id);
      } else {
        expect(table.take(id)).toBeUndefined();
        table.add(id, step);
        map.set(id, step);
      }
      expect(table.size).toBe(map.size);
    }
    expect(new Map(table.entries())).toEqual(map);
    expect(table.values().sort()).toEqual([...map.values()].sort());
    table.clear();
    expect([table.size, table.values()]).toEqual([0, []]);
  });
});

describe("a crowd", () => {
  const member = (name: string) => ({ name, place: -1 });
  type Named = ReturnType<typeof member>;

  test("lets in once, and out whoever is in", () => {
    const crowd = new Crowd<Named>();
    const [a, b, c, d, e] = [member("a"), member("b"), member("c"), member("d"), member("e")];
    for (const one of [a, b, c, d, b]) crowd.join(one);
    for (const one of [a, d, e]) crowd.leave(one);
    expect(new Set(crowd.all())).toEqual(new Set([b, c]));
    crowd.join(a);
    expect(crowd.size).toBe(3);
    crowd.clear();
    expect([crowd.size, a.place, b.place, c.place]).toEqual([0, -1, -1, -1]);
  });
});

describe("what has come and gone does not grow old", () => {
  interface Call {
    readonly body: number[];
    place: number;
  }

  setFlagsFromString("--expose-gc");
  const collectGarbage = runInNewContext("gc") as () => void;

  /** The most MB of the old that there were more, while calls came and went, 64 at a time. */
  function grownOld(come: (id: number, call: Call) => void, go: (id: number, call: Call) => void): number {
    const inFlight: Call[] = [];
    let before = 0;
    let most = 0;
    for (let id = 0; id < 200_000; id++) {
      const gone = inFlight[id % 64];
      if (gone) go(id - 64, gone);
      const call = { body: new Array(100).fill(id), place: -1 };
      inFlight[id % 64] = call;
      come(id, call);
      if (id === 1_000) {
        // Whatever is there now is old from here on.
        collectGarbage();
        before = oldSpace();
      } else if (id % 1_000 === 0 && id > 1_000) most = Math.max(most, oldSpace() - before);
    }
    return most / 2 ** 20;
  }

  function oldSpace(): number {
    return (
      getHeapSpaceStatistics().find(({ space_name }) => space_name === "old_space")?.space_used_size ?? 0
    );
  }

  // A Map grows by 75 MB here.
  test("in a table", () => {
    const table = new RequestTable<Call>();
    const grown = grownOld(
      (id, call) => table.add(id, call),
      (id) => table.take(id),
    );
    expect(grown).toBeLessThan(20);
  });

  test("in a crowd", () => {
    const crowd = new Crowd<Call>();
    const grown = grownOld(
      (_, call) => crowd.join(call),
      (_, call) => crowd.leave(call),
    );
    expect(grown).toBeLessThan(20);
  });
});

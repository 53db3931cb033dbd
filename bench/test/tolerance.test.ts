import { describe, expect, test } from "vitest";
import { Results } from "../src/measure/results.ts";
import type { Lab } from "../src/scenarios/scenario.ts";
import { tolerance } from "../src/scenarios/tolerance.ts";

function labOf(results: Results): Lab {
  return { scenario: "load", results, sizes: { peerRounds: 2 } } as unknown as Lab;
}

describe("a scenario that peers take part in", () => {
  test("reports what a peer can not do, and does not try it again", async () => {
    const results = new Results();
    const tolerate = tolerance(labOf(results));
    let tries = 0;
    const fail = () => Promise.reject(new Error(`try ${++tries}`));
    await tolerate("mcp-hub", fail);
    await tolerate("mcp-hub", fail);
    expect(results.failures).toEqual([{ during: "load", target: "mcp-hub", said: "try 1" }]);
  });

  test("ends the run where something else fails, unless it was said that it may", async () => {
    const results = new Results();
    const fail = () => Promise.reject(new Error("no"));
    await expect(tolerance(labOf(results))("by-hand", fail)).rejects.toThrow("no");
    await tolerance(labOf(results), ["by-hand"])("by-hand", fail);
    expect(results.failures).toHaveLength(1);
  });

  test("has them in its first rounds, and all else in every round", async () => {
    const tolerate = tolerance(labOf(new Results()));
    const measured: string[] = [];
    for (const round of [1, 2, 3]) {
      for (const name of ["gateway", "mcp-hub"] as const) {
        await tolerate(name, async () => void measured.push(`${name} ${round}`));
      }
    }
    expect(measured).toEqual(["gateway 1", "mcp-hub 1", "gateway 2", "mcp-hub 2", "gateway 3"]);
  });
});

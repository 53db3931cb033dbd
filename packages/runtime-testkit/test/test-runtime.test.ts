import { afterAll, describe, expect, test } from "vitest";
import { type RuntimeSubject, testRuntime } from "../src/index.ts";
import { children, type Fault, placeAway, plainRuntime } from "./fixtures/plain-runtime.ts";

afterAll(() => {
  for (const child of children.keys()) child.kill("SIGKILL");
});

describe("a runtime that keeps the contract", () => {
  testRuntime(subject(), { test });
});

describe("the suite finds a runtime that", () => {
  const faults: [Fault, string][] = [
    ["name", "K2"],
    ["takes any options", "K3"],
    ["options without a key", "K3"],
    ["inherits the environment", "K5"],
    ["drops stderr", "K6"],
    ["mixes stderr into the protocol", "K6"],
    ["starts although aborted", "K7"],
    ["ignores an abort during the start", "K7"],
    ["starts the broken", "K8"],
    ["plain error", "K8"],
    ["signal outlives the start", "K9"],
    ["exited never settles", "K10"],
    ["calls it stopped", "K10"],
    ["leaves the transport open", "K10"],
    ["kills at once", "K11"],
    ["never kills", "K11"],
    ["second dispose throws", "K12"],
    ["same id", "K13"],
    ["sweeps nothing", "K14"],
    ["sweeps everything", "K14"],
    ["reverses answers", "K16"],
    ["cuts long texts", "K15"],
    ["blames the server", "K17"],
  ];
  for (const [fault, rule] of faults) {
    test.concurrent(`${fault} (${rule})`, { timeout: 30_000 }, async () => {
      const check = testsOf(subject(fault)).get(rule);
      await expect(check?.()).rejects.toThrow();
    });
  }
});

describe("a rule that can not be seen", () => {
  test("is registered as skipped, with its reason in the name", () => {
    const names: string[] = [];
    const skipped: string[] = [];
    const register = Object.assign((name: string) => names.push(name), {
      skip: (name: string) => skipped.push(name),
    });
    testRuntime({ ...subject(), skip: { K5: "no environment over HTTP" } }, { test: register });
    expect(names).toHaveLength(16);
    expect(skipped).toEqual([expect.stringMatching(/^K5 .* \(skipped: no environment over HTTP\)$/)]);
  });

  test("is said of K14 if the runtime has no sweep", () => {
    const { sweep: _, ...runtime } = plainRuntime();
    const names = [...testsOf({ ...subject(), createRuntime: () => runtime }, "names").keys()];
    expect(names).toContainEqual(expect.stringMatching(/^K14 .*skipped: the runtime has no sweep/));
  });

  test("is said of K17 if the place is never away", () => {
    const { away: _, ...here } = subject();
    expect([...testsOf(here, "names").keys()]).toContainEqual(
      expect.stringMatching(/^K17 .*skipped: its place is never away/),
    );
  });
});

function subject(fault?: Fault): RuntimeSubject {
  return {
    createRuntime: () => plainRuntime(fault),
    server: ({ file, args }) => ({ command: process.execPath, args: [file, ...args] }),
    brokenServer: () => ({ options: { command: "no-such-command", args: [] }, message: /no-such-command/ }),
    away: () => ({ command: placeAway, args: [] }),
    badOptions: () => ({ options: { command: 7 }, key: "command" }),
    leftovers: async (owner) =>
      [...children].flatMap(([{ pid }, of]) => (of === owner ? `process ${pid}` : [])),
    env: { KIT_TEST: "yes" },
    stopMs: 1_500,
  };
}

/** The suite's tests by their number, or by their whole name. */
function testsOf(of: RuntimeSubject, by: "number" | "names" = "number"): Map<string, () => Promise<void>> {
  const found = new Map<string, () => Promise<void>>();
  const register = (name: string, run: () => Promise<void>) =>
    found.set(by === "names" ? name : (name.split(" ")[0] ?? ""), run);
  testRuntime(of, { test: register });
  return found;
}

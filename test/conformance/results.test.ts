import { describe, expect, it } from "vitest";
import { type Check, judge, passedChecks, type Results } from "./results.ts";

const success: Check = { id: "shape", status: "SUCCESS" };
const failure: Check = { id: "behaviour", status: "FAILURE", errorMessage: "It does not behave" };
const warning: Check = { id: "advice", status: "WARNING", errorMessage: "It does not listen" };
const note: Check = { id: "note", status: "INFO" };

describe("a conformance run", () => {
  it("counts the checks that passed, and nothing that is only told", () => {
    const results = new Map([
      ["ping", [success, note]],
      ["pong", [success]],
    ]);
    expect(passedChecks(results)).toEqual(["ping:shape", "pong:shape"]);
    expect(judge(results, { required: ["ping", "pong:shape"] })).toEqual({ passed: 2, failed: [] });
  });

  it("fails for failures and warnings, also in scenarios that do not count", () => {
    expect(judge(new Map([["ping", [success, failure, warning]]]), { required: [] })).toEqual({
      passed: 1,
      failed: [
        { name: "ping:behaviour", reason: "It does not behave" },
        { name: "ping:advice", reason: "It does not listen" },
      ],
    });
  });

  it("fails for a required scenario in which nothing passed", () => {
    expect(failures(new Map([["ping", [note]]]), ["ping", "pong"])).toEqual(["ping", "pong"]);
  });

  it("fails for a required check that is missing, unless its scenario says why", () => {
    const required = ["ping:shape", "ping:more"];
    expect(failures(new Map([["ping", [success]]]), required)).toEqual(["ping:more"]);
    expect(failures(new Map([["ping", [failure]]]), required)).toEqual(["ping:behaviour"]);
  });

  it("fails for a required check that passed less often", () => {
    const required = ["ping:shape", "ping:shape"];
    expect(failures(new Map([["ping", [success, success]]]), required)).toEqual([]);
    expect(failures(new Map([["ping", [success]]]), required)).toEqual(["ping:shape"]);
  });

  it("fails for a check that cannot pass only if it does", () => {
    const results = new Map([["ping", [success, failure]]]);
    const impossible = (name: string) => judge(results, { required: [], impossible: [name] }).failed;
    expect(impossible("ping:behaviour")).toEqual([]);
    expect(impossible("ping:shape").map(({ name }) => name)).toEqual(["ping:behaviour", "ping:shape"]);
  });
});

function failures(results: Results, required: readonly string[]): string[] {
  return judge(results, { required }).failed.map(({ name }) => name);
}

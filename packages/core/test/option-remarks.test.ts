import { describe, expect, test } from "vitest";
import { z } from "zod";
import { checkRuntimeOptions, formatDiagnostic, parseCatalog } from "../src/config/index.ts";
import type { OptionsIssue, OptionsSchema, RuntimeV1 } from "../src/runtime/index.ts";
import { optionsRuntime } from "./support/options-runtime.ts";

interface BoxOptions {
  readonly image: string;
  readonly privileged: boolean;
}

/** A runtime that runs anything, and remarks on what it is not asked to protect from. */
function boxes(remarks?: (options: BoxOptions) => readonly OptionsIssue[]): RuntimeV1 {
  const options = z.strictObject({ image: z.string(), privileged: z.boolean().default(false) });
  return { ...optionsRuntime("box", options), remarks } as RuntimeV1;
}

const warnsOfPrivileges = boxes(({ image, privileged }) =>
  privileged ? [{ path: ["privileged"], message: `${image} may do everything on this machine` }] : [],
);

async function check(text: string, runtimes: readonly RuntimeV1[]) {
  const { servers, locate } = parseCatalog(text, "c.yaml", { variable: () => "a-secret-value" });
  return checkRuntimeOptions(servers, runtimes, locate);
}

const privileged =
  "servers:\n  - id: a\n    runtime:\n      type: box\n      image: node\n      privileged: true\n";

describe("what a runtime remarks on options", () => {
  test("is a warning at their place, and the server can be used", async () => {
    const { servers, diagnostics } = await check(privileged, [warnsOfPrivileges]);
    expect(diagnostics.map(formatDiagnostic)).toEqual([
      "c.yaml:6:7: warning: runtime.privileged: node may do everything on this machine",
    ]);
    expect(diagnostics[0]).toMatchObject({
      server: "a",
      frame: expect.stringContaining("6 |       privileged: "),
    });
    expect(servers.map(({ problem }) => problem)).toEqual([undefined]);
  });

  test("does not tell the secrets of the entry", async () => {
    const text = privileged.replace("node", `"\${IMAGE}"`);
    const { diagnostics } = await check(text, [warnsOfPrivileges]);
    expect(diagnostics.map(({ message }) => message)).toEqual([
      "runtime.privileged: [redacted] may do everything on this machine",
    ]);
  });

  test("is not asked for where the options are refused", async () => {
    const { diagnostics } = await check(privileged.replace("image:", "imago:"), [warnsOfPrivileges]);
    expect(diagnostics.map(({ severity }) => severity)).not.toContain("warning");
    expect(diagnostics).not.toEqual([]);
  });

  test.each([
    ["throws", () => fail("broken: a-secret-value"), "broken: [redacted]"],
    ["promises", async () => [], "is not a function"],
  ])("is a warning of its own when the runtime %s instead", async (_, remarks, why) => {
    const runtime = boxes(remarks as unknown as RuntimeV1["remarks"]);
    const { servers, diagnostics } = await check(privileged.replace("node", `"\${IMAGE}"`), [runtime]);
    expect(diagnostics).toMatchObject([
      { severity: "warning", server: "a", message: expect.stringContaining(why) },
    ]);
    expect(diagnostics[0]?.message).toContain("The runtime box failed to look for what to remark");
    expect(servers.map(({ problem }) => problem)).toEqual([undefined]);
  });
});

test("the checked options of all entries that can be used are at hand, by runtime", async () => {
  const text =
    "servers:\n  - { id: a, runtime: { type: box, image: one } }\n  - { id: b, runtime: { type: box, image: 2 } }\n" +
    "  - { id: c, runtime: { type: other, x: 1 } }\n  - { id: d, runtime: { type: box, image: three } }\n" +
    "  - { id: e, scope: all, runtime: { type: box, image: four } }\n";
  const other = optionsRuntime("other", z.object({ x: z.number() }) as OptionsSchema<unknown>);
  const { options } = await check(text, [boxes(), other]);
  expect(Object.fromEntries(options)).toEqual({
    box: [
      { image: "one", privileged: false },
      { image: "three", privileged: false },
    ],
    other: [{ x: 1 }],
  });
});

function fail(message: string): never {
  throw new Error(message);
}

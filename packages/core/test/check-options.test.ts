import { describe, expect, test } from "vitest";
import { z } from "zod";
import { checkRuntimeOptions, formatDiagnostic, parseCatalog } from "../src/config/index.ts";
import { defineRuntime, type OptionsSchema, type RuntimeV1 } from "../src/runtime/index.ts";

function runtime<Options>(name: string, options: OptionsSchema<Options>): RuntimeV1 {
  return defineRuntime({
    specVersion: "v1",
    name,
    options: options as OptionsSchema<unknown>,
    start: () => Promise.reject(new Error("not in this test")),
  });
}

const program = runtime(
  "program",
  z.strictObject({ command: z.string(), args: z.array(z.string()).optional() }) as OptionsSchema<unknown>,
);

async function check(text: string, runtimes: readonly RuntimeV1[] = [program]) {
  const { servers, locate } = parseCatalog(text, "c.yaml", { variable: () => undefined });
  const checked = await checkRuntimeOptions(servers, runtimes, locate);
  return {
    problems: checked.diagnostics.map(formatDiagnostic),
    servers: checked.servers.map(({ id, problem }) => [id, problem]),
  };
}

describe("the options of a server", () => {
  test("are what its runtime says", async () => {
    const text = "servers: [{ id: a, runtime: { type: program, command: x, args: [y] } }]";
    expect(await check(text)).toEqual({ problems: [], servers: [["a", undefined]] });
  });

  test("disable that server when they do not fit, each with its place", async () => {
    const { problems, servers } = await check(
      "servers:\n" +
        "  - { id: good, runtime: { type: program, command: x } }\n" +
        "  - id: bad\n" +
        "    runtime:\n" +
        "      type: program\n" +
        "      command: 7\n" +
        "      args:\n" +
        "        - ok\n" +
        "        - { not: text }\n",
    );
    const expected = [
      "runtime.command: Invalid input: expected string, received number",
      "runtime.args.1: Invalid input: expected string, received object",
    ];
    expect(problems).toEqual([`c.yaml:6:7: error: ${expected[0]}`, `c.yaml:9:11: error: ${expected[1]}`]);
    expect(servers).toEqual([
      ["good", undefined],
      ["bad", expected.join("; ")],
    ]);
  });

  test("that are missing are reported where they belong", async () => {
    const { problems } = await check("servers:\n  - id: a\n    runtime: { type: program }\n");
    expect(problems).toEqual([
      "c.yaml:3:5: error: runtime.command: Invalid input: expected string, received undefined",
    ]);
  });

  test("of an unknown runtime are not looked at", async () => {
    const { problems, servers } = await check("servers:\n  - id: a\n    runtime:\n      type: programme\n");
    expect(problems).toEqual(["c.yaml:4:7: error: Server 'a' has unknown runtime type: programme"]);
    expect(servers).toEqual([["a", "Server 'a' has unknown runtime type: programme"]]);
  });

  test("of an entry that is wrong already are not looked at", async () => {
    const { problems, servers } = await check("servers: [{ id: a, runtime: { type: program }, scope: all }]");
    expect(problems).toEqual([]);
    expect(servers[0]?.[1]).toMatch(/^scope: /);
  });

  test("may be checked later, by any standard schema", async () => {
    const slow = runtime("slow", {
      "~standard": {
        version: 1,
        vendor: "test",
        validate: async () => ({
          issues: [{ message: "no", path: [{ key: "list" }, 0] }, { message: "at all" }],
        }),
      },
    });
    const { problems } = await check("servers:\n  - id: a\n    runtime: { type: slow, list: [x] }\n", [slow]);
    expect(problems).toEqual([
      "c.yaml:3:35: error: runtime.list.0: no",
      "c.yaml:3:5: error: runtime: at all",
    ]);
  });
});

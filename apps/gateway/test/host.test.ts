import { readdirSync } from "node:fs";
import { join } from "node:path";
import type { RuntimeV1 } from "@omg/core";
import { afterEach, expect, test, vi } from "vitest";
import { loadConfiguration } from "../src/configuration/load-configuration.ts";
import { openHost } from "../src/host.ts";
import { Redaction } from "../src/logging/redaction.ts";
import { sweepingRuntime } from "./support/dead-owners.ts";
import { Sandbox } from "./support/omg.ts";

afterEach(() => {
  vi.unstubAllEnvs();
});

/** Opens and ends a host whose one runtime ends so; gives what it logged and whose records are left. */
async function lifeOf(end: () => Promise<void>) {
  using sandbox = new Sandbox();
  vi.stubEnv("XDG_STATE_HOME", join(sandbox.folder, "state"));
  const configuration = await loadConfiguration({ config: sandbox.write("config.yaml", { servers: [] }) });
  const runtime: RuntimeV1 = { ...sweepingRuntime("engine", () => {}), [Symbol.asyncDispose]: end };
  const logged: string[] = [];
  const host = await openHost(
    { ...configuration, runtimes: [runtime] },
    {
      log: (level, message, fields) => logged.push(`${level}: ${message} ${fields?.error ?? ""}`),
      level: "info",
      redaction: new Redaction([]),
    },
  );
  const records = () => readdirSync(join(sandbox.folder, "state/omg/owners"));
  const alive = records();
  await host[Symbol.asyncDispose]();
  return { alive, left: records(), logged };
}

test("a gateway that has ended everything leaves no record of itself", async () => {
  const { alive, left, logged } = await lifeOf(async () => {});
  expect([alive.length, left, logged]).toEqual([1, [], []]);
});

test("one whose runtime could not end everything keeps its record for the next, says why, and ends as ever", async () => {
  const { alive, left, logged } = await lifeOf(() => Promise.reject(new Error("no engine answers")));
  expect(left).toEqual(alive);
  expect(logged).toEqual([
    expect.stringMatching(/^error: Something may be left behind.*engine: no engine answers/s),
  ]);
});

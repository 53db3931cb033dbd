import type { RuntimeFactoryOptions } from "@omg/core";
import { expect, test, vi } from "vitest";
import { everyRuntime, loadRuntimes, noPlugIns } from "../src/runtimes/load-runtimes.ts";

const seen: RuntimeFactoryOptions[] = [];

vi.mock("@omg/runtime-sse", () => ({
  default(options: RuntimeFactoryOptions) {
    seen.push(options);
    return [];
  },
}));

test("every factory is told the environment of the gateway, which says where its backend is", async () => {
  vi.stubEnv("DOCKER_HOST", "tcp://127.0.0.1:1");
  await loadRuntimes([{ id: "a", runtime: { type: "remote" } }], noPlugIns);
  await everyRuntime(noPlugIns);
  vi.unstubAllEnvs();
  expect(seen.map(({ hostEnv }) => hostEnv === process.env)).toEqual([true, true]);
});

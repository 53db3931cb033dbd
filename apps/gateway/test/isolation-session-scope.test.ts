import { expect, onTestFinished, test } from "vitest";
import { aggregate, Setting, transparent } from "./fixtures/isolation/setting.ts";
import { storm } from "./fixtures/isolation/storm.ts";
import { faultsOf, taskIdsOf } from "./fixtures/isolation/verdict.ts";

const clients = 50;
const calls = 40;

test("50 clients have an instance each, which reaches its own client with all it says, and nobody else", {
  timeout: 60_000,
}, async () => {
  const setting = await Setting.make({
    scope: "session",
    together: calls,
    watched: false,
    logLevel: "info",
  });
  // Also when the test hangs.
  onTestFinished(() => setting[Symbol.asyncDispose]());
  const weather = { clients, calls, paths: [aggregate, transparent], single: 12 };
  const after = await storm(setting, weather);
  expect(after.plays.flatMap((play) => faultsOf(play, { reached: true }))).toEqual([]);
  expect(after.tasks).toEqual(after.clients.map((client) => taskIdsOf(client, after.plan)));
  expect(setting.control.instances.all).toHaveLength(clients);
});

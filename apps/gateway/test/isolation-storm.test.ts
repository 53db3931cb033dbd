import { expect, onTestFinished, test } from "vitest";
import { aggregate, Setting, transparent } from "./fixtures/isolation/setting.ts";
import { type Storm, storm } from "./fixtures/isolation/storm.ts";
import { faultsOf, questionsTo, taskIdsOf } from "./fixtures/isolation/verdict.ts";

const storms: Record<string, Storm> = {
  "50 clients with 200 calls each on both endpoints": {
    clients: 50,
    calls: 200,
    paths: [aggregate, transparent],
    single: 6,
  },
  "10 clients of the aggregate": { clients: 10, calls: 40, paths: [aggregate], single: 10 },
  "10 clients of the server's own endpoint": { clients: 10, calls: 40, paths: [transparent], single: 10 },
};

test.each(Object.entries(storms))(
  "%s share an instance, and each gets all that is its own and nothing else",
  { timeout: 60_000 },
  async (_, weather) => {
    const together = weather.clients * weather.calls;
    const setting = await Setting.make({ together, watched: false, logLevel: "info" });
    // Also when the test hangs.
    onTestFinished(() => setting[Symbol.asyncDispose]());
    const { clients, plays, plan, tasks } = await storm(setting, weather);
    expect(plays.flatMap((play) => faultsOf(play, { reached: false }))).toEqual([]);
    expect(clients.flatMap(questionsTo)).toEqual([]);
    expect(tasks).toEqual(clients.map((client) => taskIdsOf(client, plan)));
    expect(setting.control.instances.all).toHaveLength(1);
  },
);

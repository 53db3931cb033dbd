import { globSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { RunningGateway, Sandbox } from "./support/omg.ts";
import { SessionClient } from "./support/session-client.ts";

const timeouts = { request_timeout_seconds: 60, idle_timeout_seconds: 60, health_check_interval_seconds: 1 };

test("a clock on the wall that jumps makes nothing late, idle or old", async ({ skip }) => {
  const [library] = globSync("/usr/lib/*/faketime/libfaketime.so.1");
  if (library === undefined) return skip("libfaketime is not installed (apt-get install faketime)");
  using sandbox = new Sandbox();
  sandbox.catalog({ busy: [], idle: [] });
  const config = sandbox.write("config.yaml", { catalog_path: "catalog.yaml", ...timeouts });
  const jump = (offset: string) => sandbox.write("offset", `${offset}\n`);
  jump("+0");
  await using gateway = await RunningGateway.start(sandbox, ["--config", config, "--log-level", "debug"], {
    LD_PRELOAD: library,
    DONT_FAKE_MONOTONIC: "1",
    FAKETIME_NO_CACHE: "1",
    FAKETIME_TIMESTAMP_FILE: join(sandbox.folder, "offset"),
  });
  const client = await SessionClient.connect(gateway);
  const pids = () => Promise.all(["busy", "idle"].map((server) => client.call(`${server}__pids`)));
  const before = await pids();
  for (const offset of ["+1h", "-1h", "+10y", "-10y", "+0"]) {
    const sleeping = client.call("busy__sleep", { ms: 300 });
    await client.call("busy__echo");
    jump(offset);
    expect(await sleeping).toBe("slept 300 ms");
    expect(await pids()).toEqual(before);
  }
  expect(gateway.log.filter(({ level }) => level === "warn" || level === "error")).toEqual([]);
  const years = new Set(gateway.log.map(({ timestamp }) => new Date(String(timestamp)).getFullYear()));
  expect(years.size).toBe(3);
}, 60_000);

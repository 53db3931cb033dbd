import { setTimeout as pass } from "node:timers/promises";
import { expect, test } from "vitest";
import { RunningGateway, Sandbox } from "./support/omg.ts";
import { SessionClient } from "./support/session-client.ts";

const timeouts = { request_timeout_seconds: 2, idle_timeout_seconds: 3, health_check_interval_seconds: 1 };

test("a gateway that was stopped for a while goes on as if no time had passed", async () => {
  using sandbox = new Sandbox();
  sandbox.catalog({ busy: [], idle: [] });
  const config = sandbox.write("config.yaml", { catalog_path: "catalog.yaml", ...timeouts });
  await using gateway = await RunningGateway.start(sandbox, ["--config", config]);
  const client = await SessionClient.connect(gateway);
  const pids = () => Promise.all(["busy", "idle"].map((server) => client.call(`${server}__pids`)));
  const before = await pids();
  const sleeping = client.call("busy__sleep", { ms: 1_500 });
  // It stands behind the other one in the pipe.
  await client.call("busy__echo");
  gateway.process.kill("SIGSTOP");
  // Longer than any of the timeouts.
  await pass(4_000);
  gateway.process.kill("SIGCONT");
  expect(await sleeping).toBe("slept 1500 ms");
  expect(await pids()).toEqual(before);
  expect(gateway.log.filter(({ level }) => level === "warn" || level === "error")).toEqual([]);
  // Then it is idle for once, and time passes again.
  await gateway.logged("Server stopped", "idle");
}, 60_000);

import { readdirSync } from "node:fs";
import { join } from "node:path";
import { test } from "vitest";
import { RunningGateway, Sandbox } from "./support/omg.ts";
import { until } from "./support/processes.ts";

test("what was compiled is kept for the next start while the gateway runs: it may be killed", async () => {
  using sandbox = new Sandbox();
  const cache = join(sandbox.folder, "cache");
  const env = { XDG_CACHE_HOME: cache, NODE_DISABLE_COMPILE_CACHE: undefined };
  await using _gateway = await RunningGateway.start(sandbox, ["--catalog", sandbox.catalog({})], env);
  await until(() => readdirSync(cache, { recursive: true }).length > 10, 20_000);
});

import { httpScenario } from "./http-upstream.ts";
import { largeScenario } from "./large.ts";
import { listingScenario, rememberedScenario } from "./listing.ts";
import { idleScenario, sessionScenario } from "./memory.ts";
import type { Scenario } from "./scenario.ts";
import { sleepScenario } from "./sleep.ts";
import { loadScenario, singleScenario } from "./small-calls.ts";
import { startScenario } from "./start.ts";

/** By the name that `--only` takes. */
export const scenarios: Readonly<Record<string, Scenario>> = {
  start: startScenario,
  remembered: rememberedScenario,
  idle: idleScenario,
  single: singleScenario,
  load: loadScenario,
  http: httpScenario,
  large: largeScenario,
  sleep: sleepScenario,
  listing: listingScenario,
  session: sessionScenario,
};

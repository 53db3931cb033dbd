import { argumentsScenario } from "./arguments.ts";
import { churnScenario } from "./churn.ts";
import { frontsScenario } from "./fronts.ts";
import { growthScenario } from "./growth.ts";
import { httpScenario } from "./http-upstream.ts";
import { largeScenario } from "./large.ts";
import { listingScenario, rememberedScenario } from "./listing.ts";
import { idleScenario, sessionScenario } from "./memory.ts";
import { mixedScenario } from "./mixed.ts";
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
  fronts: frontsScenario,
  large: largeScenario,
  arguments: argumentsScenario,
  sleep: sleepScenario,
  listing: listingScenario,
  session: sessionScenario,
  churn: churnScenario,
  mixed: mixedScenario,
  growth: growthScenario,
};

import type { Behaviour } from "./behaviour.ts";
import { answers } from "./behaviours/answers.ts";
import { endings } from "./behaviours/endings.ts";
import { noise } from "./behaviours/noise.ts";
import { starts } from "./behaviours/starts.ts";

/** Every way to be evil, by the name of its mode. */
export const behaviours: ReadonlyMap<string, Behaviour> = new Map(
  Object.entries({ honest: { what: "does as it should" }, ...starts, ...noise, ...endings, ...answers }),
);

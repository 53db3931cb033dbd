import type { Behaviour } from "./behaviour.ts";
import { answers } from "./behaviours/answers.ts";
import { containers } from "./behaviours/containers.ts";
import { definitions } from "./behaviours/definitions.ts";
import { endings } from "./behaviours/endings.ts";
import { environment } from "./behaviours/environment.ts";
import { eventStreams } from "./behaviours/event-streams.ts";
import { floods } from "./behaviours/floods.ts";
import { httpBodies } from "./behaviours/http-bodies.ts";
import { httpHeads } from "./behaviours/http-heads.ts";
import { legacySse } from "./behaviours/legacy-sse.ts";
import { listings } from "./behaviours/listings.ts";
import { noise } from "./behaviours/noise.ts";
import { sessions } from "./behaviours/sessions.ts";
import { starts } from "./behaviours/starts.ts";

/** Every way to be evil, by the name of its mode. */
export const behaviours: ReadonlyMap<string, Behaviour> = new Map(
  Object.entries({
    honest: { what: "does as it should" },
    ...starts,
    ...noise,
    ...endings,
    ...answers,
    ...floods,
    ...listings,
    ...httpBodies,
    ...httpHeads,
    ...eventStreams,
    ...sessions,
    ...legacySse,
    ...definitions,
    ...environment,
    ...containers,
  }),
);

import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { offerFeatures } from "./everything-offers.ts";
import { questionFeatures } from "./everything-questions.ts";
import { taskFeatures } from "./everything-tasks.ts";
import { toolFeatures } from "./everything-tools.ts";
import { Course, type Feature } from "./feature.ts";
import { allCapabilities, Party, type PartyOptions } from "./party.ts";
import type { SdkLine } from "./sdk-lines.ts";
import { Stage } from "./servers.ts";

/** Everything that server-everything can do. */
export const everyFeature: readonly Feature[] = [
  ...offerFeatures,
  ...toolFeatures,
  ...questionFeatures,
  ...taskFeatures,
];

const lines = ["SDK 1.x", "SDK 2.x"] as const;
const scopes = ["shared", "session"] as const;
const ends = ["itself", "all servers", "one server"] as const;

interface Place {
  readonly line: SdkLine;
  readonly scope: (typeof scopes)[number];
  /** What the client is connected to. */
  readonly end: (typeof ends)[number];
}

/** What a shared server is told of its clients: neither roots nor tasks. */
const { roots: _, tasks: __, ...sharedCapabilities } = allCapabilities;

/** Compares what a client gets through the gateway with what it gets from the server itself, at every place of a front. */
export function describeEverything(front: "http" | "stdio"): void {
  const places = lines.flatMap((line) =>
    scopes.flatMap((scope) => ends.map((end) => ({ line, scope, end }))),
  );
  const stages: Stage[] = [];
  const open = (scope: Place["scope"]) => {
    const stage = everythingStage(scope);
    stages.push(stage);
    return stage;
  };
  const courses = new Map<string, Course>();
  const course = (place: Place) => courses.get(JSON.stringify(place)) as Course;

  // All of them run at the same time, and the tests only compare: most of what servers do here is waiting.
  beforeAll(async () => {
    // A shared server can not tell whom it should ask while it works for several.
    const forAll = open("session");
    const connect = async (place: Place) => {
      const stage = place.scope === "session" ? forAll : open("shared");
      const party = stage.use(await Party.connect(await optionsAt(stage, place, front)));
      courses.set(JSON.stringify(place), new Course(party, featuresIn(place.scope)));
    };
    await Promise.all(places.map(connect));
  }, 60_000);
  afterAll(() => Promise.all(stages.map((stage) => stage[Symbol.asyncDispose]())), 60_000);

  for (const { line, scope, end } of places.filter((place) => place.end !== "itself")) {
    describe(`${line}, scope: ${scope}, ${end}`, () => {
      test.each(featuresIn(scope))("$title", async (feature) => {
        const direct = await course({ line, scope, end: "itself" }).outcome(feature);
        const expected = end === "all servers" && feature.onAll ? feature.onAll(direct) : direct;
        expect(await course({ line, scope, end }).outcome(feature)).toEqual(expected);
      });
    });
  }
}

export function everythingStage(scope: Place["scope"]): Stage {
  const name = "@modelcontextprotocol/server-everything";
  return new Stage(() => ({ everything: { package: name, env: { GREETING: "from the catalog" }, scope } }));
}

function featuresIn(scope: Place["scope"]): readonly Feature[] {
  return everyFeature.filter(({ sessionOnly }) => scope === "session" || !sessionOnly);
}

async function optionsAt(stage: Stage, place: Place, front: "http" | "stdio"): Promise<PartyOptions> {
  const { line, scope, end } = place;
  if (end === "itself") {
    const capabilities = scope === "session" ? allCapabilities : sharedCapabilities;
    return { line, target: stage.direct("everything"), capabilities };
  }
  if (end === "one server") return { line, target: await stage.target({ front, one: "everything" }) };
  return { line, target: await stage.target({ front }), server: "everything" };
}

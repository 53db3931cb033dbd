import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { everythingStage, featuresIn } from "./support/real/everything.ts";
import { Course } from "./support/real/feature.ts";
import { allCapabilities, Party } from "./support/real/party.ts";
import type { SdkLine } from "./support/real/sdk-lines.ts";
import type { Stage } from "./support/real/servers.ts";

interface Place {
  readonly line: SdkLine;
  readonly scope: "shared" | "session";
  readonly front: "http" | "stdio";
  readonly end: "all servers" | "one server";
}

/** Each front, scope and end with each other, and each of these with both lines. */
const places: readonly Place[] = [
  { front: "http", scope: "shared", end: "all servers", line: "SDK 1.x" },
  { front: "http", scope: "shared", end: "one server", line: "SDK 2.x" },
  { front: "http", scope: "session", end: "all servers", line: "SDK 2.x" },
  { front: "http", scope: "session", end: "one server", line: "SDK 1.x" },
  { front: "stdio", scope: "shared", end: "all servers", line: "SDK 2.x" },
  { front: "stdio", scope: "shared", end: "one server", line: "SDK 1.x" },
  { front: "stdio", scope: "session", end: "all servers", line: "SDK 1.x" },
  { front: "stdio", scope: "session", end: "one server", line: "SDK 2.x" },
];

/** What a shared server is told of its clients: neither roots nor tasks. */
const { roots: _, tasks: __, ...sharedCapabilities } = allCapabilities;

const stages: Stage[] = [];
const courses = new Map<Place, Course>();
/** The same without a gateway, by line and scope. */
const yardsticks = new Map<string, Course>();

// All of them run at the same time, and the tests only compare: most of what servers do here is waiting.
beforeAll(async () => {
  const forAll = stageFor("session");
  const lines = ["SDK 1.x", "SDK 2.x"] as const;
  const direct = lines.flatMap((line) => [
    connectDirectly(line, "shared", forAll),
    connectDirectly(line, "session", forAll),
  ]);
  // A shared server can not tell whom it should ask while it works for several.
  const through = places.map((place) =>
    connect(place, place.scope === "session" ? forAll : stageFor("shared")),
  );
  await Promise.all([...direct, ...through]);
}, 60_000);
afterAll(() => Promise.all(stages.map((stage) => stage[Symbol.asyncDispose]())), 60_000);

describe.each(places)("server-everything over $front, scope: $scope, $end, $line", (place) => {
  test.each(featuresIn(place.scope))("$title", async (feature) => {
    const direct = await yardsticks.get(place.line + place.scope)?.outcome(feature);
    const expected = place.end === "all servers" && feature.onAll ? feature.onAll(direct) : direct;
    expect(await courses.get(place)?.outcome(feature)).toEqual(expected);
  });
});

async function connectDirectly(line: SdkLine, scope: Place["scope"], stage: Stage): Promise<void> {
  const capabilities = scope === "session" ? allCapabilities : sharedCapabilities;
  const party = await Party.connect({ line, target: stage.direct("everything"), capabilities });
  yardsticks.set(line + scope, new Course(stage.use(party), featuresIn(scope)));
}

async function connect(place: Place, stage: Stage): Promise<void> {
  const { line, front, scope, end } = place;
  const one = end === "one server" ? "everything" : undefined;
  const server = one === undefined ? "everything" : undefined;
  const party = await Party.connect({ line, target: await stage.target({ front, one }), server });
  courses.set(place, new Course(stage.use(party), featuresIn(scope)));
}

function stageFor(scope: Place["scope"]): Stage {
  const stage = everythingStage(scope);
  stages.push(stage);
  return stage;
}

import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { everythingStage, featuresIn } from "../../apps/gateway/test/support/real/everything.ts";
import { Course, withoutSession } from "../../apps/gateway/test/support/real/feature.ts";
import { allCapabilities, Party } from "../../apps/gateway/test/support/real/party.ts";
import type { SdkLine } from "../../apps/gateway/test/support/real/sdk-lines.ts";
import type { Stage } from "../../apps/gateway/test/support/real/servers.ts";
import { describeWithEngine } from "../../packages/runtime-docker/test/support/engine.ts";

const image = { type: "docker", image: "omg-test/everything:1", pull: "never" };
const ways = {
  stdio: { ...image, network: "none" },
  http: { ...image, args: ["streamableHttp"], transport: "http", port: 3001 },
};

interface Place {
  readonly way: keyof typeof ways;
  readonly line: SdkLine;
  readonly end: "all servers" | "one server";
}

const places: readonly Place[] = [
  { way: "stdio", end: "all servers", line: "SDK 1.x" },
  { way: "stdio", end: "one server", line: "SDK 2.x" },
  { way: "http", end: "all servers", line: "SDK 2.x" },
  { way: "http", end: "one server", line: "SDK 1.x" },
];

describeWithEngine("server-everything in a container", () => {
  const stages: Stage[] = [];
  const courses = new Map<Place, Course>();
  /** The same without a gateway and without a container. */
  const yardsticks = new Map<SdkLine, Course>();

  beforeAll(async () => {
    await Promise.all([...(["SDK 1.x", "SDK 2.x"] as const).map(connectDirectly), ...places.map(connect)]);
  }, 120_000);
  afterAll(() => Promise.all(stages.map((stage) => stage[Symbol.asyncDispose]())), 60_000);

  describe.each(places)("over $way, $end, $line", (place) => {
    test.each(featuresIn("session"))("$title", async (feature) => {
      const direct = withoutSession(await yardsticks.get(place.line)?.outcome(feature));
      const expected = place.end === "all servers" && feature.onAll ? feature.onAll(direct) : direct;
      expect(withoutSession(await courses.get(place)?.outcome(feature))).toEqual(expected);
    });
  });

  async function connectDirectly(line: SdkLine): Promise<void> {
    const stage = stageFor();
    const target = stage.direct("everything");
    const party = await Party.connect({ line, target, capabilities: allCapabilities });
    yardsticks.set(line, new Course(stage.use(party), featuresIn("session")));
  }

  async function connect(place: Place): Promise<void> {
    const { line, way, end } = place;
    const stage = stageFor(ways[way]);
    const one = end === "one server" ? "everything" : undefined;
    const server = one === undefined ? "everything" : undefined;
    const party = await Party.connect({ line, target: await stage.target({ front: "http", one }), server });
    courses.set(place, new Course(stage.use(party), featuresIn("session")));
  }

  function stageFor(runtime?: object): Stage {
    const stage = everythingStage("session", runtime);
    stages.push(stage);
    return stage;
  }
});

import { launchGateway } from "../targets/gateway.ts";
import { launchHttpFixture } from "../targets/http-fixture.ts";
import { launchByHand, launchHttpForwarder } from "../targets/programs.ts";
import { type Lab, type Scenario, withTargets } from "./scenario.ts";
import { measureLoad, measureSingle } from "./small-calls.ts";

/** Small calls of a server over streamable HTTP, one at a time and 64 in flight over one session. */
export const httpScenario: Scenario = async (lab) => {
  await measureUpstream(lab, "http-json");
  await measureUpstream(lab, "http-sse");
};

async function measureUpstream(lab: Lab, figures: "http-json" | "http-sse"): Promise<void> {
  const { launcher, omg, sizes } = lab;
  const options = { streams: figures === "http-sse" };
  await using fixture = await launchHttpFixture(launcher, options);
  const { url } = fixture;
  await withTargets(
    [
      // Itself, with nothing in front.
      launchHttpFixture(launcher, options),
      launchHttpForwarder(launcher, url),
      launchByHand(launcher, { url }),
      launchGateway(launcher, { omg, catalog: [{ url }] }),
    ],
    sizes.rounds,
    async (target) => {
      await measureSingle(lab, target, `${figures} single`);
      await measureLoad(lab, target, { figures, sessions: 1 });
    },
  );
}

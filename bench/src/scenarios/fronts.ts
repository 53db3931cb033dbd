import { fronts, upstreams } from "../measure/figures.ts";
import type { CatalogEntry } from "../targets/catalog.ts";
import { launchGateway, launchStdioGateway, toolOf } from "../targets/gateway.ts";
import { launchHttpFixture } from "../targets/http-fixture.ts";
import type { HttpTarget } from "../targets/http-target.ts";
import type { RunningTarget } from "../targets/target.ts";
import { type Scenario, takingTurns } from "./scenario.ts";
import { measureLoad, measureSingle } from "./small-calls.ts";

/** Small calls by every way into the gateway and of every kind of server behind it, over one session. */
export const frontsScenario: Scenario = async (lab) => {
  const { launcher, omg, sizes } = lab;
  await using json = await launchHttpFixture(launcher, { streams: false });
  await using events = await launchHttpFixture(launcher, { streams: true });
  const catalog: CatalogEntry[] = [{ tools: 3 }, { url: json.url }, { url: events.url }];
  await using gateway = await launchGateway(launcher, { omg, catalog });
  await using running = new AsyncDisposableStack();
  const ways = [];
  for (const [index, upstream] of upstreams.entries()) {
    const server = `fixture${index + 1}`;
    const overStdio = running.use(await launchStdioGateway(launcher, { omg, catalog, server }));
    for (const front of fronts) {
      const target = front === "stdio" ? overStdio : entrance(gateway, front, server);
      ways.push({ target, figures: `${front}-${upstream}` as const });
    }
  }
  const short = { ...lab, sizes: { ...sizes, loadMs: sizes.loadMs / 2, warmMs: sizes.warmMs / 2 } };
  await takingTurns(ways, sizes.fewRounds, async ({ target, figures }) => {
    await measureSingle(short, target, `${figures} single`);
    await measureLoad(short, target, { figures, sessions: 1 });
  });
};

function entrance(gateway: HttpTarget, front: "mcp" | "one" | "sse", server: string): RunningTarget {
  const tool = toolOf(server);
  if (front === "one") return gateway.by({ path: `/servers/${server}/mcp`, tool: (name) => name });
  return gateway.by(front === "sse" ? { path: "/sse", transport: "sse", tool } : { tool });
}

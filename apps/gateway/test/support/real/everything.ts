import { offerFeatures } from "./everything-offers.ts";
import { questionFeatures } from "./everything-questions.ts";
import { taskFeatures } from "./everything-tasks.ts";
import { toolFeatures } from "./everything-tools.ts";
import type { Feature } from "./feature.ts";
import { type Entry, Stage } from "./servers.ts";

const everyFeature: readonly Feature[] = [
  ...offerFeatures,
  ...toolFeatures,
  ...questionFeatures,
  ...taskFeatures,
];

type Scope = NonNullable<Entry["scope"]>;

/** Everything that server-everything can do for one client or for all. */
export function featuresIn(scope: Scope): readonly Feature[] {
  return everyFeature.filter(({ sessionOnly }) => scope === "session" || !sessionOnly);
}

/** A stage for server-everything. `runtime`: where the gateway runs it, a process of this machine by default. */
export function everythingStage(scope: Scope, runtime?: object): Stage {
  const name = "@modelcontextprotocol/server-everything";
  const env = { GREETING: "from the catalog" };
  return new Stage(() => ({ everything: { package: name, env, scope, ...(runtime && { runtime }) } }));
}

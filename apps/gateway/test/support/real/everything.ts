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

/** A stage for server-everything. */
export function everythingStage(scope: Scope): Stage {
  const name = "@modelcontextprotocol/server-everything";
  return new Stage(() => ({ everything: { package: name, env: { GREETING: "from the catalog" }, scope } }));
}

import { type CatalogEntry, fixtures } from "../targets/catalog.ts";
import { launchGateway, warmGateway } from "../targets/gateway.ts";
import type { Lab } from "./scenario.ts";

/** A catalog whose servers the gateway got to know, and the home where it remembers them. */
export interface Remembered {
  readonly catalog: readonly CatalogEntry[];
  readonly home: string;
}

/** Has the gateway learn of so many servers with so many tools each; nothing runs afterwards. */
export async function remembered(
  { launcher, omg }: Lab,
  servers: number,
  tools: number,
): Promise<Remembered> {
  const kept = { catalog: fixtures(servers, tools), home: launcher.newHome() };
  await warmGateway(launcher, { omg, ...kept });
  // Once more for what is compiled of a gateway that serves.
  await using gateway = await launchGateway(launcher, { omg, ...kept });
  await using lanes = await gateway.open(1, 1);
  await lanes.countTools();
  return kept;
}

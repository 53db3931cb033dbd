import type { Row } from "../row.ts";
import { atMostOnce } from "./at-most-once.ts";
import { brokenFiles } from "./broken-files.ts";
import { bulkhead } from "./bulkhead.ts";
import { cancelled } from "./cancelled.ts";
import { coldStarts } from "./cold-starts.ts";
import { containers } from "./containers.ts";
import { crashLoop } from "./crash-loop.ts";
import { drain } from "./drain.ts";
import { gatewayLife } from "./gateway-life.ts";
import { herds } from "./herds.ts";
import { history } from "./history.ts";
import { idle } from "./idle.ts";
import { killedGateway } from "./killed-gateway.ts";
import { killedServers } from "./killed-servers.ts";
import { kubernetes } from "./kubernetes.ts";
import { largeCatalog } from "./large-catalog.ts";
import { longRuns } from "./long-runs.ts";
import { misbehaving } from "./misbehaving.ts";
import { reloads } from "./reloads.ts";
import { settling } from "./settling.ts";
import { surroundings } from "./surroundings.ts";

export const rows: readonly Row[] = [
  atMostOnce,
  brokenFiles,
  bulkhead,
  cancelled,
  coldStarts,
  containers,
  crashLoop,
  drain,
  gatewayLife,
  herds,
  history,
  idle,
  killedGateway,
  killedServers,
  kubernetes,
  largeCatalog,
  longRuns,
  misbehaving,
  reloads,
  settling,
  surroundings,
]
  .flat()
  .sort((a, b) => a.id.localeCompare(b.id));

/** The ten promises that come before all others. */
export const gates: ReadonlySet<string> = new Set("R01 R05 R14 R16 R17 R20 R25 R26 R33 R57".split(" "));

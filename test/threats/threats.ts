import { backSide } from "./back-side.ts";
import { beyond } from "./beyond.ts";
import { frontDoor } from "./front-door.ts";
import type { Threat } from "./threat.ts";

/** All threats, in order: what docs/security-model.md shows. */
export const threats: readonly Threat[] = [...frontDoor, ...backSide, ...beyond];

/** Threats whose tests are still to be named here. Each leaves this list with its first test. */
export const awaited: readonly Threat["id"][] = [
  "T14",
  "T15",
  "T16",
  "T17",
  "T41",
  "T50",
  "T51",
  "T52",
  "T53",
  "T54",
];

/** Whether a threat concerns what is not built yet. */
export function isLater({ answer }: Threat): boolean {
  return answer.startsWith("Not in this version");
}

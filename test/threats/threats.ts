import { backSide } from "./back-side.ts";
import { beyond } from "./beyond.ts";
import { frontDoor } from "./front-door.ts";
import type { Threat } from "./threat.ts";

/** All threats, in order: what docs/security-model.md shows. */
export const threats: readonly Threat[] = [...frontDoor, ...backSide, ...beyond];

/** Whether a threat concerns what is not built yet. */
export function isLater({ answer }: Threat): boolean {
  return answer.startsWith("Not in this version");
}

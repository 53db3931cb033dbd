import type { ServerPins, ToolPin } from "./types.ts";

/** A tool whose definition is not what it was. */
export interface ToolChange {
  /** The tool, by the name that the server gives it. */
  readonly name: string;
  /** Absent: there was no such tool. */
  readonly old?: ToolPin | undefined;
  /** Absent: there is no such tool any more. */
  readonly now?: ToolPin | undefined;
}

/** How two sets of tools differ, by name. */
export function differences(old: ServerPins, now: ServerPins): ToolChange[] {
  const names = [...new Set([...old.keys(), ...now.keys()])].sort();
  return names
    .map((name) => ({ name, old: old.get(name), now: now.get(name) }))
    .filter((change) => change.old?.hash !== change.now?.hash);
}

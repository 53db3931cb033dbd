import { OmgError } from "../runtime/errors.ts";
import type { ToolChange } from "./differences.ts";

/** A call of a tool that is not as it was pinned. */
export function toolChangedError(server: string, { name, old, now }: ToolChange): OmgError {
  return new OmgError("tool_definition_changed", {
    server,
    data: { tool: name, oldHash: old?.hash, newHash: now?.hash },
    message: `${whatOf(server, name, old !== undefined, now !== undefined)}; ${adviceFor(server)}`,
  });
}

export function nothingPinnedError(server: string, { name, now }: ToolChange): OmgError {
  return new OmgError("tool_definition_changed", {
    server,
    data: { tool: name, newHash: now?.hash },
    message: nothingPinned(server),
  });
}

export function nothingPinned(server: string): string {
  return `Server '${server}' has pins: block, and none of its tools is pinned; look at them and pin them: omg pin ${server}`;
}

/** What to do about tools that differ from their pins. */
export function adviceFor(server: string): string {
  return `see: omg pin --diff ${server}; accept with: omg pin --approve ${server}`;
}

function whatOf(server: string, tool: string, wasPinned: boolean, isOffered: boolean): string {
  if (!wasPinned) return `Tool '${tool}' is not among the pinned tools of server '${server}'`;
  if (!isOffered) return `Server '${server}' no longer lists its tool '${tool}', so it can not be checked`;
  return `The definition of tool '${tool}' of server '${server}' is not the one that was pinned`;
}

import { OmgError } from "../runtime/errors.ts";
import type { Frame } from "../runtime/frame.ts";
import type { ListedItem } from "../runtime/json-items.ts";
import type { Call } from "../session/call.ts";
import { headerText } from "./header-value.ts";
import {
  argumentAt,
  argumentHeadersIn,
  type MirroredArgument,
  mirroredArguments,
} from "./mirrored-headers.ts";

/** The server's description of the tool that is called; `anew`: whatever is remembered. */
export type Describe = (anew: boolean) => Promise<ListedItem | undefined>;

/**
 * Rejects with `header_mismatch` unless the headers that came with a call repeat its arguments as the tool's description
 * wants: for a server that does not see them and so can not check them itself.
 */
export async function checkRepeated(call: Call, describe: Describe): Promise<void> {
  const { frame, headers } = call;
  if (headers === undefined || frame.head.method !== "tools/call") return;
  const tool = await describe(false);
  if (!tool) return;
  let mirrored = mirroredArguments(tool);
  if (mirrored.length === 0) return;
  if (differing(mirrored, frame, headers) !== undefined) {
    // The client may know a newer description than the gateway does.
    const newer = await describe(true);
    mirrored = newer ? mirroredArguments(newer) : [];
  }
  mustRepeat(mirrored, frame, headers);
  call.mirrored = mirrored;
}

/** Throws `header_mismatch` for the first header that does not repeat its argument. */
export function mustRepeat(
  mirrored: readonly MirroredArgument[],
  frame: Frame,
  headers: Readonly<Record<string, string>>,
): void {
  const message = differing(mirrored, frame, headers);
  if (message !== undefined) throw new OmgError("header_mismatch", { message });
}

/** What is wrong with the headers; undefined if nothing is. */
function differing(
  mirrored: readonly MirroredArgument[],
  frame: Frame,
  headers: Readonly<Record<string, string>>,
): string | undefined {
  const message = frame.value();
  const args = "params" in message ? message.params?.arguments : undefined;
  const own = argumentHeadersIn(headers);
  for (const argument of mirrored) {
    const { header, path } = argument;
    const value = argumentAt(args, argument);
    const said = own[`mcp-param-${header.toLowerCase()}`];
    const isAbsent = value === undefined || value === null;
    if (isAbsent && said === undefined) continue;
    const names = `The header Mcp-Param-${header}`;
    const what = `the argument ${path.join(".")}`;
    if (isAbsent) return `${names} says something, but ${what} is missing`;
    if (said === undefined) return `${names} is missing: the tool wants ${what} in it`;
    const text = headerText(said);
    if (text === undefined) return `${names} is not valid Base64`;
    if (!means(text, value)) return `${names} does not say what ${what} says`;
  }
  return undefined;
}

function means(text: string, value: unknown): boolean {
  if (typeof value === "string") return text === value;
  if (typeof value === "boolean") return text === String(value);
  // Beyond the safe range two numbers would look the same.
  if (!Number.isSafeInteger(value)) return false;
  return /^-?\d+(?:\.0+)?$/.test(text) && Number(text) === value;
}

import type { Cut, Frame } from "../runtime/frame.ts";
import { withCuts } from "../runtime/frame.ts";
import { JsonScanner } from "../runtime/json-scanner.ts";

/**
 * Which strings of a JSON value are to be written anew: by key of an object, `each` for the elements of an array, and a
 * function where the string stands. A value that is an array may also be a single object, as MCP's contents are.
 */
export interface StringPaths {
  readonly [key: string]: StringPaths | Rewrite;
}

/** Gives what takes the string's place; itself to leave it. */
export type Rewrite = (value: string) => string;

/** The paths' key for the elements of an array. */
export const each = "[]";

/** Writes strings of a frame's payload anew; all other bytes stay as they are. */
export function rewriteStrings(frame: Frame, paths: StringPaths): Frame {
  const start = frame.spans.payload?.start;
  return start === undefined ? frame : withCuts(frame, findCuts(frame.bytes, start, paths));
}

/** The same for a JSON value by itself. */
export function rewriteBytes(bytes: Buffer, paths: StringPaths): Buffer {
  return spliceBytes(bytes, findCuts(bytes, 0, paths));
}

/** A JSON value with parts of it replaced; the cuts in the order in which they stand. */
export function spliceBytes(bytes: Buffer, cuts: readonly Cut[]): Buffer {
  const pieces: Buffer[] = [];
  let from = 0;
  for (const { span, text } of cuts) {
    pieces.push(bytes.subarray(from, span.start), Buffer.from(text));
    from = span.end;
  }
  return from === 0 ? bytes : Buffer.concat([...pieces, bytes.subarray(from)]);
}

/** In the order in which they stand. */
function findCuts(bytes: Buffer, start: number, paths: StringPaths): Cut[] {
  const cuts: Cut[] = [];
  const scanner = new JsonScanner(bytes, start);
  walk(scanner, paths, cuts);
  return cuts;
}

function walk(scanner: JsonScanner, paths: StringPaths | Rewrite, cuts: Cut[]): void {
  const first = scanner.peek();
  if (typeof paths === "function") {
    const { value, span } = scanner.scalar();
    const text = typeof value === "string" ? paths(value) : value;
    if (text !== value) cuts.push({ span, text: JSON.stringify(text) });
  } else if (first === 0x7b) {
    scanner.object((key) => {
      const inner = Object.hasOwn(paths, key) ? paths[key] : undefined;
      if (inner) walk(scanner, inner, cuts);
      else scanner.skip();
    });
  } else if (first === 0x5b && paths[each]) {
    const inner = paths[each];
    scanner.array(() => walk(scanner, inner, cuts));
  } else scanner.skip();
}

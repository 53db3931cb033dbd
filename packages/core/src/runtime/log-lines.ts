import type { Readable } from "node:stream";
import { cutMark } from "./cut-text.ts";
import { LineSplitter } from "./line-splitter.ts";
import { joined } from "./pieces.ts";

/** How much of a stream is passed on. */
export interface LogLinesOptions {
  /** Longer lines are cut, and end with "…" then. Default 8 KiB. */
  readonly maxLineBytes?: number;
  /** Lines passed on each second; the rest is counted and dropped. Default 100. */
  readonly linesPerSecond?: number;
}

/**
 * Hands a stream to `log` line by line, however much it carries: the stream is always read, so its writer never
 * blocks. For the stderr of servers.
 */
export function logLines(stream: Readable, log: (line: string) => void, options: LogLinesOptions = {}): void {
  const maxLineBytes = options.maxLineBytes ?? 8 * 1024;
  const linesPerSecond = options.linesPerSecond ?? 100;
  const lines = new LineSplitter();
  let second = 0;
  let passed = 0;
  let suppressed = 0;

  const emit = (line: readonly Buffer[]) => {
    const now = Math.floor(performance.now() / 1000);
    if (now !== second) {
      if (suppressed > 0) log(`(suppressed ${suppressed} lines)`);
      second = now;
      passed = 0;
      suppressed = 0;
    }
    if (passed++ < linesPerSecond) log(textOf(joined(line), maxLineBytes));
    else suppressed++;
  };

  let cut = false;
  const emitUnlessCut = (line: readonly Buffer[]) => {
    if (!cut) emit(line);
    cut = false;
  };

  stream.on("data", (chunk: Buffer) => {
    lines.push(chunk, emitUnlessCut);
    if (lines.pendingBytes <= maxLineBytes) return;
    emitUnlessCut(lines.flush());
    cut = true;
  });
  stream.on("end", () => {
    if (lines.pendingBytes > 0) emitUnlessCut(lines.flush());
    if (suppressed > 0) log(`(suppressed ${suppressed} lines)`);
  });
  stream.on("error", () => {});
}

function textOf(line: Buffer, maxBytes: number): string {
  if (line.length <= maxBytes) return line.toString();
  // Half a character is left out.
  return line.toString("utf8", 0, maxBytes).replace(/\ufffd$/, "") + cutMark;
}

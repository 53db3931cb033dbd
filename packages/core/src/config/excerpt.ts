/** A part of a line, by column from 0, and what is shown in its place. */
export interface LineMask {
  readonly start: number;
  readonly end: number;
  readonly text: string;
}

interface ShownLine {
  readonly text: string;
  readonly masks: readonly LineMask[];
  /** How much each mask has moved what follows it, those before it included. */
  readonly shifts: readonly number[];
}

const width = 100;
/** Characters that would drive a terminal, or turn the line around. */
const unprintable = /[\p{Cc}\u2028\u2029\u200e\u200f\u202a-\u202e\u2066-\u2069]/gu;

/** The lines of a text as they may be shown around a place. */
export class Excerpt {
  readonly #lines: readonly string[];
  readonly #masks: (line: number) => readonly LineMask[];
  readonly #shown = new Map<number, ShownLine>();

  /** `masks` gives what must not be shown of a line, from 0, in order and without overlap. */
  constructor(lines: readonly string[], masks: (line: number) => readonly LineMask[]) {
    this.#lines = lines;
    this.#masks = masks;
  }

  /** Three lines with their numbers, and a caret below the place; line and columns from 1. */
  around(line: number, column: number, endColumn = column + 1): string {
    const here = this.#line(line - 1);
    const from = shownColumn(here, column - 1);
    const carets = Math.min(Math.max(1, shownColumn(here, endColumn - 1) - from), width / 2);
    const first = from < width - 20 ? 0 : from - width / 2;
    const last = Math.min(line + 1, Math.max(line, this.#lastLine()));
    const digits = String(last).length;
    const rows: string[] = [];
    for (let at = Math.max(1, line - 1); at <= last; at++) {
      rows.push(`${String(at).padStart(digits)} | ${part(this.#line(at - 1).text, first)}`.trimEnd());
      if (at !== line) continue;
      const indent = from - first + (first > 0 ? 1 : 0);
      rows.push(`${" ".repeat(digits)} | ${" ".repeat(indent)}${"^".repeat(carets)}`);
    }
    return rows.join("\n");
  }

  /** What stands behind the last line break is no line when it is nothing. */
  #lastLine(): number {
    return this.#lines.at(-1) === "" ? this.#lines.length - 1 : this.#lines.length;
  }

  #line(index: number): ShownLine {
    let shown = this.#shown.get(index);
    if (!shown) {
      shown = show(this.#lines[index] ?? "", this.#masks(index));
      this.#shown.set(index, shown);
    }
    return shown;
  }
}

function show(line: string, masks: readonly LineMask[]): ShownLine {
  const parts: string[] = [];
  const shifts: number[] = [];
  let end = 0;
  let shift = 0;
  for (const mask of masks) {
    parts.push(line.slice(end, mask.start), mask.text);
    end = mask.end;
    shift += mask.text.length - (mask.end - mask.start);
    shifts.push(shift);
  }
  const text = parts.concat(line.slice(end)).join("");
  return { text: text.replace(unprintable, (sign) => (sign === "\t" ? " " : "\ufffd")), masks, shifts };
}

/** Where a column of the text stands in what is shown of its line: in a mask, at its start. */
function shownColumn({ masks, shifts }: ShownLine, column: number): number {
  let low = 0;
  let high = masks.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((masks[middle]?.end ?? 0) <= column) low = middle + 1;
    else high = middle;
  }
  const shift = shifts[low - 1] ?? 0;
  return Math.min(column, masks[low]?.start ?? column) + shift;
}

/** As much of a line as fits, with a sign where it goes on. */
function part(text: string, first: number): string {
  const before = first > 0 && text.length > 0 ? "…" : "";
  const after = text.length > first + width ? "…" : "";
  return before + text.slice(first, first + width) + after;
}

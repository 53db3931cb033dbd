const WORDS_BEFORE_REGEX =
  /(?:^|[^\w$.])(?:return|typeof|case|in|of|do|else|void|delete|await|yield|throw|new)$/;
const SIGNS_BEFORE_REGEX = new Set("([{,;=:?!&|+-*%^~<>");

/**
 * Blanks what is not code: comments, and the inside of strings, templates and regular expressions. Everything keeps its
 * offset, so a match in the result can be read in the original.
 */
export function maskCode(source: string): string {
  const out = source.split("");
  scanCode(source, 0, out);
  return out.join("");
}

/** Walks code up to the end, or to the brace that closes a template's `${`. */
function scanCode(source: string, from: number, out: string[]): number {
  let depth = 0;
  let at = from;
  while (at < source.length) {
    const sign = source[at];
    const next = source[at + 1];
    if (sign === "/" && next === "/") at = blank(out, at, lineEnd(source, at));
    else if (sign === "/" && next === "*") at = blank(out, at, commentEnd(source, at));
    else if (sign === '"' || sign === "'") at = maskString(source, at, out);
    else if (sign === "`") at = maskTemplate(source, at, out);
    else if (sign === "/" && regexMayStart(out, at)) at = maskRegex(source, at, out);
    else if (sign === "}" && depth === 0 && from > 0) return at;
    else {
      if (sign === "{") depth++;
      if (sign === "}") depth--;
      at++;
    }
  }
  return at;
}

function maskString(source: string, start: number, out: string[]): number {
  const quote = source[start];
  let at = start + 1;
  while (at < source.length && source[at] !== quote && source[at] !== "\n") at += source[at] === "\\" ? 2 : 1;
  blank(out, start + 1, at);
  return at + 1;
}

function maskTemplate(source: string, start: number, out: string[]): number {
  let at = start + 1;
  let textStart = at;
  while (at < source.length && source[at] !== "`") {
    if (source[at] === "$" && source[at + 1] === "{") {
      blank(out, textStart, at);
      at = scanCode(source, at + 2, out) + 1;
      textStart = at;
    } else at += source[at] === "\\" ? 2 : 1;
  }
  blank(out, textStart, at);
  return at + 1;
}

function maskRegex(source: string, start: number, out: string[]): number {
  let inClass = false;
  for (let at = start + 1; at < source.length && source[at] !== "\n"; at++) {
    const sign = source[at];
    if (sign === "\\") at++;
    else if (sign === "[") inClass = true;
    else if (sign === "]") inClass = false;
    else if (sign === "/" && !inClass) {
      blank(out, start + 1, at);
      return at + 1;
    }
  }
  return start + 1; // no end on this line: it was a division
}

/** Tells a regular expression from a division by what stands before it. */
function regexMayStart(out: readonly string[], at: number): boolean {
  let before = at - 1;
  while (before >= 0 && /\s/.test(out[before] ?? "")) before--;
  if (before < 0 || SIGNS_BEFORE_REGEX.has(out[before] ?? "")) return true;
  return WORDS_BEFORE_REGEX.test(out.slice(Math.max(0, before - 10), before + 1).join(""));
}

function blank(out: string[], from: number, to: number): number {
  for (let at = from; at < to && at < out.length; at++) if (out[at] !== "\n") out[at] = " ";
  return to;
}

function lineEnd(source: string, from: number): number {
  const at = source.indexOf("\n", from);
  return at < 0 ? source.length : at;
}

function commentEnd(source: string, from: number): number {
  const at = source.indexOf("*/", from + 2);
  return at < 0 ? source.length : at + 2;
}

import type { Document } from "yaml";
import { Excerpt, type LineMask } from "./excerpt.ts";
import { maskBrokenLines } from "./masked-lines.ts";
import { type Mask, maskTree } from "./masked-tree.ts";

/** A configuration text as it may be shown. Without a `document` it is taken to be broken, and more of it is hidden. */
export function shownText(text: string, document: Document | undefined): Excerpt {
  const lines = text.split("\n").map((line) => line.replace(/\r$/, ""));
  let masks: readonly (readonly LineMask[])[] | undefined;
  return new Excerpt(lines, (line) => {
    masks ??= document ? byLine(maskTree(document, text), text) : maskBrokenLines(lines);
    return masks[line] ?? [];
  });
}

function byLine(masks: readonly Mask[], text: string): LineMask[][] {
  const lines: LineMask[][] = [[]];
  let lineStart = 0;
  let end = 0;
  for (const mask of masks) {
    // A comment may stand inside of what is hidden already.
    if (mask.start < end) continue;
    for (
      let at = text.indexOf("\n", lineStart);
      at >= 0 && at < mask.start;
      at = text.indexOf("\n", lineStart)
    ) {
      lineStart = at + 1;
      lines.push([]);
    }
    lines.at(-1)?.push({ start: mask.start - lineStart, end: mask.end - lineStart, text: mask.text });
    end = mask.end;
  }
  return lines;
}

import { lineAt } from "./imports.ts";
import type { SourceFile } from "./workspace.ts";

/** What a value is called that only who knows it may have, whatever stands around the word. */
const secretName =
  /(?:api_?key|keyheader|authorization|bearer|password|passphrase|secret|credential|signature|\bmac|accesstoken|refreshtoken)$/i;

const comparison = /([\w$.?\])]+)\s*[!=]==?\s*([\w$.?"'`[(-]+)/g;

/** Nothing can be learned from how long it takes to compare with one of these. */
const known = /^(?:undefined|null|true|false|-?\d|["'])/;

/** Where a secret is compared sign by sign: how long that takes tells how much of it was right. */
export function secretComparisons({ path, code }: SourceFile): string[] {
  return [...code.matchAll(comparison)]
    .filter(([, left = "", right = ""]) => {
      if (known.test(right) || known.test(left)) return false;
      return [left, right].some((side) => secretName.test(side.replace(/[()\]]+$/, "")));
    })
    .map((match) => `${path}:${lineAt(code, match.index)}: ${match[0]}`);
}

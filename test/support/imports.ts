/** One import, re-export or dynamic import of a source file. */
export interface ImportUse {
  /** `undefined` for a dynamic import of something that is no literal. */
  readonly specifier: string | undefined;
  /** `type`: erased before the code runs. `dynamic`: runs later than the file itself. */
  readonly kind: "static" | "type" | "dynamic";
  readonly line: number;
}

const STATIC =
  /(?<![.\w$#])(?:import|export)\s*(type\b(?!\s*(?:,|from\b)))?(?:(?!\b(?:import|export)\b)[\s\w$*{},])*?(?:\bfrom\s*)?["']/g;
const DYNAMIC = /(?<![.\w$#])(?:import|require)\s*\(\s*(["'`])?/g;

/** Finds the imports of a TypeScript file; `code` is `source` after `maskCode`. */
export function findImports(source: string, code: string): ImportUse[] {
  const found: (ImportUse & { readonly at: number })[] = [];
  for (const match of code.matchAll(STATIC)) {
    // `export const name = "…"` and the like: only `import "…"` may do without `from`
    if (!/(?:\bfrom\s*|^import\s*)["']$/.test(match[0])) continue;
    const kind = match[1] === undefined ? "static" : "type";
    found.push({ ...literal(source, code, match.index, match[0].length), kind });
  }
  for (const match of code.matchAll(DYNAMIC)) {
    const target = literal(source, code, match.index, match[0].length);
    const known = match[1] !== undefined && !target.specifier?.includes("${");
    found.push({ ...target, specifier: known ? target.specifier : undefined, kind: "dynamic" });
  }
  return found.sort((one, other) => one.at - other.at).map(({ at: _, ...use }) => use);
}

/** Line number of an offset, counted from 1. */
export function lineAt(source: string, offset: number): number {
  return source.slice(0, offset).split("\n").length;
}

/** Reads the literal whose opening quote is the last sign of the match. */
function literal(source: string, code: string, index: number, length: number) {
  const start = index + length;
  const end = code.indexOf(source[start - 1] ?? "", start);
  return { specifier: source.slice(start, end), line: lineAt(source, index), at: index };
}

import type { Path } from "./yaml-source.ts";

/** Gives a variable's value, or undefined when it is not set. */
export type VariableLookup = (name: string) => string | undefined;

export interface Substituted {
  readonly value: unknown;
  /** Every value that was put in: to be kept out of logs. */
  readonly secrets: readonly string[];
  readonly missing: readonly { readonly path: Path; readonly name: string }[];
}

const reference = /\$\{([^{}]*)\}/g;
const variableName = /^[A-Za-z_][A-Za-z0-9_]*$/;

/** Replaces `${NAME}` in every string below `value`, once: what a variable holds is not looked at again. */
export function substitute(value: unknown, lookup: VariableLookup): Substituted {
  const secrets = new Set<string>();
  const missing: { path: Path; name: string }[] = [];
  const replace = (text: string, path: Path) =>
    text.replace(reference, (whole, name: string) => {
      const found = variableName.test(name) ? lookup(name) : undefined;
      if (found === undefined) {
        missing.push({ path, name });
        return whole;
      }
      if (found !== "") secrets.add(found);
      return found;
    });
  const walk = (node: unknown, path: Path): unknown => {
    if (typeof node === "string") return replace(node, path);
    if (Array.isArray(node)) return node.map((item, index) => walk(item, [...path, index]));
    if (typeof node !== "object" || node === null) return node;
    return Object.fromEntries(Object.entries(node).map(([key, item]) => [key, walk(item, [...path, key])]));
  };
  return { value: walk(value, []), secrets: [...secrets], missing };
}

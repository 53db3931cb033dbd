import { mask } from "./sensitive.ts";
import type { Path } from "./yaml-source.ts";

/** Where references take their values from; the parser itself reads nothing. */
export interface ReferenceSources {
  /** A variable's value, or undefined when it is not set. */
  variable(name: string): string | undefined;
  /** A file's content. Throws with a message that says why it can not be had. Absent: there are no files. */
  file?(path: string): string;
}

export interface Resolved {
  readonly value: unknown;
  /** Every value that came from outside: to be kept out of logs. */
  readonly secrets: readonly string[];
  readonly problems: readonly ReferenceProblem[];
}

export interface ReferenceProblem {
  readonly path: Path;
  readonly message: string;
  readonly hint?: string | undefined;
}

/** Why a reference stands for nothing, and what to do about it where that is not said already. */
class Unresolved extends Error {
  readonly hint: string;

  constructor(message: string, hint: string) {
    super(message);
    this.hint = hint;
  }
}

/** A reference, or `$${` which stands for `${` itself. */
const pattern = /\$\$\{|\$\{([^{}]*)\}/g;
const variable = /^([A-Za-z_][A-Za-z0-9_]*)(?::([-?])(.*))?$/s;

/**
 * Replaces the references in every string below `value`, once: what they stand for is not looked at again.
 *
 *     ${NAME}            a variable, which must be set
 *     ${NAME:-default}   a variable, or the default when it is not set or empty
 *     ${NAME:?message}   a variable, or the message as the error when it is not set or empty
 *     ${file:path}       a file's content, without the line breaks at its end
 *     $${                the characters ${
 */
export function resolveReferences(value: unknown, sources: ReferenceSources): Resolved {
  const secrets = new Set<string>();
  const problems: ReferenceProblem[] = [];
  const replace = (text: string, path: Path) =>
    text.replace(pattern, (whole, reference: string | undefined) => {
      if (reference === undefined) return "${";
      try {
        const { text: found, secret } = lookUp(reference, sources);
        if (secret && found !== "") secrets.add(found);
        return found;
      } catch (error) {
        const { message, hint } = error as Unresolved;
        problems.push({ path, message, ...(hint && { hint }) });
        return whole;
      }
    });
  const walk = (node: unknown, path: Path): unknown => {
    if (typeof node === "string") return replace(node, path);
    if (Array.isArray(node)) return node.map((item, index) => walk(item, [...path, index]));
    if (typeof node !== "object" || node === null) return node;
    return Object.fromEntries(Object.entries(node).map(([key, item]) => [key, walk(item, [...path, key])]));
  };
  return { value: walk(value, []), secrets: [...secrets], problems };
}

/** What a reference stands for, and whether it came from outside the file. Throws when it stands for nothing. */
function lookUp(reference: string, sources: ReferenceSources): { text: string; secret: boolean } {
  if (reference.startsWith("file:")) {
    const path = reference.slice("file:".length);
    if (!sources.file) throw new Error(`\${${reference}}: there are no files here`);
    return { text: sources.file(path).replace(/[\r\n]+$/, ""), secret: true };
  }
  const [, name, operator, argument = ""] = variable.exec(reference) ?? [];
  if (name === undefined) {
    // What is no name may be a part of a secret.
    const [, name = "", rest = ""] = /^(\s*\w*\s*(?:$|:))?(.*)$/s.exec(reference) ?? [];
    const shown = name + (rest === "" ? "" : mask);
    throw new Error(`\${${shown}} is no reference; write $\${ for the characters themselves`);
  }
  const found = sources.variable(name);
  if (found !== undefined && (found !== "" || operator === undefined)) return { text: found, secret: true };
  if (operator === "-") return { text: argument, secret: false };
  if (operator === "?" && argument !== "") throw new Error(`\${${name}}: ${argument}`);
  throw new Unresolved(
    `The variable \${${name}} is ${found === undefined ? "not set" : "empty"}`,
    `set ${name}, or write \${${name}:-text} for what stands there without it`,
  );
}

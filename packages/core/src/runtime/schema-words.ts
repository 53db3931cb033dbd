import type { BaseIssue } from "valibot";

type SchemaIssue = Omit<BaseIssue<unknown>, "message">;

/**
 * Words for what a schema refuses, for `v.config(schema, { message: schemaWords })`. Valibot's own hold the refused value,
 * which may be a secret; these hold its kind only.
 */
export function schemaWords(issue: SchemaIssue): string {
  return issue.kind === "schema" ? wordsOfKind(issue) : wordsOfRule(issue);
}

/** Whether a schema refuses the last key of the path, which it does not know, and no value. */
export function isUnknownKey({ expected, path }: SchemaIssue): boolean {
  return expected === "never" && path?.at(-1)?.origin === "key";
}

function wordsOfKind(issue: SchemaIssue): string {
  const { type, input, path } = issue;
  const expected = issue.expected ?? type;
  if (isUnknownKey(issue)) return `Unrecognized key: ${JSON.stringify(path?.at(-1)?.key)}`;
  switch (type) {
    case "union":
      return "Invalid input";
    case "enum":
    case "picklist":
      return `Invalid option: expected one of ${listOf(expected, "|")}`;
    case "variant":
      if (path)
        return `Invalid discriminator value. Expected ${listOf(expected, " | ").replaceAll('"', "'")}`;
  }
  if (input === undefined) return "is required";
  if (type === "literal") return `Invalid input: expected ${expected}`;
  return `Invalid input: expected ${type === "record" ? type : nameOf(expected)}, received ${kindOf(input)}`;
}

function wordsOfRule({ type, input, requirement }: SchemaIssue): string {
  const unit = typeof input === "string" ? "characters" : "items";
  switch (type) {
    case "integer":
    case "safe_integer":
      return wordsOfInteger(input);
    case "min_value":
      return `Too small: expected number to be >=${requirement}`;
    case "max_value":
      return `Too big: expected number to be <=${requirement}`;
    case "min_length":
      return `Too small: expected ${kindOf(input)} to have >=${requirement} ${unit}`;
    case "max_length":
      return `Too big: expected ${kindOf(input)} to have <=${requirement} ${unit}`;
    case "regex":
      return `Invalid string: must match pattern ${requirement}`;
    default:
      return "Invalid input";
  }
}

function wordsOfInteger(input: unknown): string {
  if (!Number.isFinite(input)) return `Invalid input: expected number, received ${kindOf(input)}`;
  if (!Number.isInteger(input)) return "Invalid input: expected int, received number";
  const { MAX_SAFE_INTEGER: most, MIN_SAFE_INTEGER: least } = Number;
  return Number(input) > most
    ? `Too big: expected int to be <=${most}`
    : `Too small: expected int to be >=${least}`;
}

/** `Object` as `object`; what is no name may hold a text that is meant as it is. */
function nameOf(expected: string): string {
  return /^\w+$/.test(expected) ? expected.toLowerCase() : expected;
}

/** `("a" | "b")` as `"a"|"b"`. */
function listOf(expected: string, separator: string): string {
  return expected.replace(/^\((.*)\)$/, "$1").replaceAll(" | ", separator);
}

function kindOf(input: unknown): string {
  if (input === null) return "null";
  if (Array.isArray(input)) return "array";
  return typeof input === "number" && !Number.isFinite(input) ? String(input) : typeof input;
}

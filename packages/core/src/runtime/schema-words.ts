/** What a schema of valibot says of a value that it refuses, as far as it is read here. */
export interface SchemaIssue {
  readonly kind: string;
  readonly type: string;
  readonly input: unknown;
  readonly expected: string | null;
  readonly requirement?: unknown;
  readonly path?: readonly { readonly key: unknown; readonly origin?: string }[] | undefined;
}

/**
 * Words for what a schema refuses, for `v.config(schema, { message: schemaWords })`. Valibot's own hold the refused value,
 * which may be a secret; these hold its kind only.
 */
export function schemaWords(issue: SchemaIssue): string {
  return issue.kind === "schema" ? wordsOfKind(issue) : wordsOfRule(issue);
}

function wordsOfKind({ type, input, expected, path }: SchemaIssue): string {
  const last = path?.at(-1);
  if (last?.origin === "key" && expected === "never") return `Unrecognized key: ${JSON.stringify(last.key)}`;
  if (input === undefined) return "is required";
  if (type === "picklist") return `Invalid option: expected one of ${listOf(expected)}`;
  if (type === "union" || type === "variant") return "Invalid input";
  return `Invalid input: expected ${nameOf(expected ?? type)}, received ${kindOf(input)}`;
}

function wordsOfRule({ type, input, requirement }: SchemaIssue): string {
  const unit = typeof input === "string" ? "characters" : "items";
  switch (type) {
    case "integer":
      return "Invalid input: expected int, received number";
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

/** `("a" | "b")` as `"a"|"b"`. */
function listOf(expected: string | null): string {
  return (expected ?? "").replace(/^\((.*)\)$/, "$1").replaceAll(" | ", "|");
}

function nameOf(expected: string): string {
  return expected.toLowerCase();
}

function kindOf(input: unknown): string {
  if (input === null) return "null";
  return Array.isArray(input) ? "array" : typeof input;
}

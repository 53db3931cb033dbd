import type { toJsonSchema } from "@valibot/to-json-schema";
import type { BaseIssue, GenericSchema, InferOutput } from "valibot";
import { isUnknownKey, schemaWords } from "./schema-words.ts";
import type { OptionsIssue, OptionsSchema } from "./v1.ts";

/**
 * A schema of valibot as the `options` of a runtime: what it says of a value that it refuses never holds the value, which may
 * be a secret. `convert` is `toJsonSchema` of `@valibot/to-json-schema`. Throws a `TypeError` for an async schema.
 */
export function valibotOptions<Schema extends GenericSchema>(
  schema: Schema,
  convert: typeof toJsonSchema,
): OptionsSchema<InferOutput<Schema>> {
  const { async } = schema as { readonly async: boolean };
  if (async) throw new TypeError("valibotOptions takes no async schema: options are checked at once");
  return {
    "~standard": {
      version: 1,
      vendor: "valibot",
      validate(value) {
        const { issues, value: output } = schema["~run"]({ value }, { message: schemaWords });
        return issues ? { issues: issues.map(withoutValues) } : { value: output as InferOutput<Schema> };
      },
      jsonSchema: {
        // A check in code can not be said in JSON Schema, and is left out.
        input: ({ target }: { readonly target: "draft-07" | "draft-2020-12" }) =>
          convert(schema, { target, typeMode: "input", errorMode: "ignore" }),
      },
    },
  };
}

/** What is wrong with an unknown key is wrong with its object: the words name the key. */
function withoutValues(issue: BaseIssue<unknown>): OptionsIssue {
  const path = (issue.path ?? []).map(({ key }) => key as PropertyKey);
  return { message: issue.message, path: isUnknownKey(issue) ? path.slice(0, -1) : path };
}

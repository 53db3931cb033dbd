import { mapsOnly, namedMap, type OptionsSchema, schemaWords, valibotOptions } from "@omg/core/runtime";
import { toJsonSchema } from "@valibot/to-json-schema";
import * as v from "valibot";

/** What schemas of options need besides what valibot has. */

export type Complain = (message: string, ...path: PropertyKey[]) => void;

/** The schema as the gateway reads it. */
export function optionsSchema<Schema extends v.GenericSchema>(
  schema: Schema,
): Schema & OptionsSchema<v.InferOutput<Schema>> {
  const worded = v.config(schema, { message: schemaWords });
  return { ...worded, ...valibotOptions(worded, toJsonSchema) };
}

/** A check that finds several things, each at its place. It gets only what is right in itself. */
export function checkAll<Value>(look: (value: Value, complain: Complain) => void) {
  return v.rawCheck<Value>(({ dataset, addIssue }) => {
    if (!dataset.typed || dataset.issues) return;
    look(dataset.value, (message, ...path) => {
      const [first, ...rest] = path.map(
        (key): v.IssuePathItem => ({
          type: "unknown",
          origin: "value",
          input: dataset.value,
          key,
          value: undefined,
        }),
      );
      addIssue({ message, path: first && [first, ...rest] });
    });
  });
}

/** An object with these keys and no others. */
export function closed<const Entries extends v.ObjectEntries>(entries: Entries) {
  return mapsOnly(v.strictObject(entries));
}

/** An object with any further keys: valibot's own drops some without a word, such as `constructor`. */
export function open<const Entries extends v.ObjectEntries>(entries: Entries) {
  const schema = v.looseObject(entries);
  return mapsOnly<typeof schema>({
    ...schema,
    "~run"(dataset, config) {
      const written = dataset.value;
      const made = schema["~run"](dataset, config);
      if (made.typed) made.value = { ...(written as object), ...made.value };
      return made;
    },
  });
}

/** A map with any names. */
export function mapOf<Value>(value: v.GenericSchema<Value>) {
  return namedMap(v.record(v.string(), value));
}

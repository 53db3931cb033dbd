import { type OptionsSchema, schemaWords } from "@omg/core/runtime";
import { toJsonSchema } from "@valibot/to-json-schema";
import * as v from "valibot";

/** What schemas of options need besides what valibot has. */

export type Complain = (message: string, ...path: PropertyKey[]) => void;

/** The schema as the gateway reads it: no message holds a refused value, and its JSON Schema is made when asked for. */
export function optionsSchema<Schema extends v.GenericSchema>(
  schema: Schema,
): Schema & OptionsSchema<v.InferOutput<Schema>> {
  const worded = v.config(schema, { message: schemaWords });
  const jsonSchema = {
    input: ({ target }: { readonly target: "draft-07" }) =>
      toJsonSchema(worded, { target, typeMode: "input", ignoreActions: ["check", "raw_check"] }),
  };
  return { ...worded, "~standard": { ...worded["~standard"], jsonSchema } };
}

/** A check that finds several things, each at its place. It gets only what has the right form. */
export function checkAll<Value>(look: (value: Value, complain: Complain) => void) {
  return v.rawCheck<Value>(({ dataset, addIssue }) => {
    if (!dataset.typed) return;
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

// Valibot takes a list for an object.
const noList = { ...v.custom<never>(() => false), expects: "object" };

/** An object with these keys and no others. */
export function closed<const Entries extends v.ObjectEntries>(
  entries: Entries,
): v.StrictObjectSchema<Entries, undefined> {
  const schema = v.strictObject(entries);
  return {
    ...schema,
    "~run": (dataset, config) => (Array.isArray(dataset.value) ? noList : schema)["~run"](dataset, config),
  };
}

/** An object with any further keys: valibot's own drops some without a word, such as `constructor`. */
export function open<const Entries extends v.ObjectEntries>(
  entries: Entries,
): v.LooseObjectSchema<Entries, undefined> {
  const schema = v.looseObject(entries);
  return {
    ...schema,
    "~run"(dataset, config) {
      const written = dataset.value;
      if (Array.isArray(written)) return noList["~run"](dataset, config);
      const made = schema["~run"](dataset, config);
      if (made.typed) made.value = { ...(written as object), ...made.value };
      return made;
    },
  };
}

/** A map with any names: valibot's own drops some without a word, such as `constructor`. */
export function mapOf<Value>(value: v.GenericSchema<Value>): v.GenericSchema<Record<string, Value>> {
  const noMap = { ...v.custom<never>(() => false), expects: "record" };
  return {
    ...v.record(v.string(), value),
    "~run"(dataset, config) {
      if (!isPlainObject(dataset.value)) return noMap["~run"](dataset, config);
      // Refused, since nobody could keep it.
      const names = Object.keys(dataset.value).filter((name) => name !== "__proto__");
      const entries = Object.fromEntries(names.map((name) => [name, value]));
      return v.strictObject(entries)["~run"](dataset, config);
    },
  };
}

function isPlainObject(value: unknown): value is object {
  if (typeof value !== "object" || value === null) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === null || Object.getPrototypeOf(prototype) === null;
}

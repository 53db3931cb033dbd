import type { BaseIssue, Config, ErrorMessage, GenericSchema, OutputDataset, UnknownDataset } from "valibot";
import { schemaWords } from "./schema-words.ts";

type Issue = BaseIssue<unknown>;
type Dataset = OutputDataset<unknown, Issue>;
type RecordSchema = GenericSchema & { readonly key: GenericSchema; readonly value: GenericSchema };

/** The same schema of an object, which refuses lists: by itself it takes them for objects without keys. */
export function mapsOnly<Schema extends GenericSchema>(schema: Schema): Schema {
  return running(schema, (dataset, config) =>
    Array.isArray(dataset.value) ? refused(schema, dataset.value) : schema["~run"](dataset, config),
  );
}

/**
 * The same record, of names: by itself it takes lists, and drops names such as `constructor` without a word. Throws a
 * `TypeError` for what a pipe has made of a record: the pipe goes around this.
 */
export function namedMap<Schema extends RecordSchema>(schema: Schema): Schema {
  if ("pipe" in schema) throw new TypeError("namedMap takes the record itself; put the pipe around it");
  return running(schema, ({ value: map }, config) => {
    if (!isPlain(map)) return refused(schema, map);
    const issues: Issue[] = [];
    let typed = true;
    const entries = Object.entries(map).map(([name, value]) => {
      const key = schema.key["~run"]({ value: name }, config);
      const origin = key.issues ? "key" : "value";
      // Under a name that is wrong, the value does not matter.
      const checked = key.issues ? key : schema.value["~run"]({ value }, config);
      for (const issue of checked.issues ?? []) {
        const step = { type: "object", origin, input: map, key: name, value } as const;
        issues.push({ ...issue, path: [step, ...(issue.path ?? [])] });
      }
      typed &&= checked.typed && !key.issues;
      return [key.value, checked.value];
    });
    return { typed, value: Object.fromEntries(entries), ...(issues.length > 0 && { issues }) } as Dataset;
  });
}

/** The schema with another way to run. What it has for others holds on to the old one, and says what was refused. */
function running<Schema extends GenericSchema>(
  schema: Schema,
  run: (dataset: UnknownDataset, config: Config<Issue>) => Dataset,
): Schema {
  const validate = (value: unknown) => run({ value }, { message: schemaWords });
  return { ...schema, "~run": run, "~standard": { ...schema["~standard"], validate } };
}

function refused(schema: GenericSchema, input: unknown): Dataset {
  const { type, message } = schema as GenericSchema & { readonly message?: ErrorMessage<Issue> };
  const issue = { kind: "schema", type, input, expected: "Object", received: "", message: "" } as const;
  const said = typeof message === "function" ? message(issue) : (message ?? schemaWords(issue));
  return { typed: false, value: input, issues: [{ ...issue, message: said }] };
}

/** Whether a value is an object as files have them: no list, and of no class. */
function isPlain(value: unknown): value is Record<string, unknown> {
  if (typeof value !== "object" || value === null) return false;
  const prototype = Object.getPrototypeOf(value);
  return prototype === null || Object.getPrototypeOf(prototype) === null;
}

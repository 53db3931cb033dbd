import type { BaseIssue, Config, GenericSchema, OutputDataset, UnknownDataset } from "valibot";
import { schemaWords } from "./schema-words.ts";

type Issue = BaseIssue<unknown>;
type Dataset = OutputDataset<unknown, Issue>;
type RecordSchema = GenericSchema & { readonly key: GenericSchema; readonly value: GenericSchema };

/** The same schema of an object, which refuses lists: by itself it takes them for objects without keys. */
export function mapsOnly<Schema extends GenericSchema>(schema: Schema): Schema {
  return {
    ...schema,
    "~run": (dataset: UnknownDataset, config: Config<Issue>) =>
      Array.isArray(dataset.value) ? refused(schema.type, dataset.value) : schema["~run"](dataset, config),
  };
}

/** The same record, of names: by itself it takes lists, and drops names such as `constructor` without a word. */
export function namedMap<Schema extends RecordSchema>(schema: Schema): Schema {
  return {
    ...schema,
    "~run": ({ value: map }: UnknownDataset, config: Config<Issue>): Dataset => {
      if (!isPlain(map)) return refused(schema.type, map);
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
        return [name, checked.value];
      });
      return { typed, value: Object.fromEntries(entries), ...(issues.length > 0 && { issues }) } as Dataset;
    },
  };
}

function refused(type: string, input: unknown): Dataset {
  const issue = { kind: "schema", type, input, expected: "Object", received: "" } as const;
  return { typed: false, value: input, issues: [{ ...issue, message: schemaWords(issue) }] };
}

/** Whether a value is an object as files have them: no list, and of no class. */
function isPlain(value: unknown): value is Record<string, unknown> {
  if (typeof value !== "object" || value === null) return false;
  const prototype = Object.getPrototypeOf(value);
  return prototype === null || Object.getPrototypeOf(prototype) === null;
}

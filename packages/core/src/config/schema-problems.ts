import type { BaseIssue, GenericSchema } from "valibot";
import { isUnknownKey } from "../runtime/schema-words.ts";
import type { Path } from "./yaml-source.ts";

/** What is wrong with the value at a path. */
export interface SchemaProblem {
  readonly path: Path;
  readonly message: string;
  /** Of a key that is unknown: the keys that are known at its place. */
  readonly known?: readonly string[];
}

/** All that a schema refuses of a value. Of the unknown keys of an object, valibot names the first only. */
export function schemaProblems(
  schema: GenericSchema,
  issues: readonly BaseIssue<unknown>[] = [],
): SchemaProblem[] {
  return issues.flatMap((issue) => {
    const path = (issue.path ?? []).map(({ key }) => key as string | number);
    if (!isUnknownKey(issue)) return { path, message: issue.message };
    const above = path.slice(0, -1);
    const known = Object.keys(schemaAt(schema, above).entries ?? {});
    const keys = Object.keys(issue.path?.at(-1)?.input as object).filter((key) => !known.includes(key));
    return keys.map((key) => ({ path: [...above, key], message: issue.message, known }));
  });
}

/** The parts of a schema that others are below. */
interface Parts {
  readonly entries?: Readonly<Record<string, Parts>>;
  readonly item?: Parts;
  readonly value?: Parts;
  readonly wrapped?: Parts;
}

function schemaAt(schema: GenericSchema, path: Path): Parts {
  return path.reduce<Parts>(
    (parts, key) => unwrapped(parts.entries?.[key] ?? parts.item ?? parts.value ?? {}),
    schema as Parts,
  );
}

function unwrapped(schema: Parts): Parts {
  return schema.wrapped ? unwrapped(schema.wrapped) : schema;
}

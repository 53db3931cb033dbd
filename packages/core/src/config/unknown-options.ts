import { isSchema, type JsonSchema } from "./options-schema.ts";

export interface UnknownOption {
  /** The keys that lead to the unknown one, which is the last. */
  readonly path: readonly string[];
  /** The keys that are known at its place. */
  readonly known: readonly string[];
}

/** What a schema says of the keys of one object. */
interface Shape {
  readonly properties: Map<string, unknown[]>;
  readonly patterns: [(key: string) => boolean, unknown][];
  /** What other keys must be; absent when nothing says so. */
  readonly rest: unknown;
}

const maxDepth = 64;

/**
 * The keys of `value` that a schema does not know. An object that the schema does not close may have other keys, yet one
 * that is gone from `output`, what the runtime made of the value, would have no effect: it is as unknown.
 */
export function unknownOptions(root: JsonSchema, value: unknown, output: unknown): UnknownOption[] {
  const found: UnknownOption[] = [];
  look(root, value, output, []);
  return found;

  function look(schema: unknown, item: unknown, made: unknown, path: readonly string[]): void {
    if (path.length > maxDepth || typeof item !== "object" || item === null) return;
    const kind = Array.isArray(item) ? "array" : "object";
    const alternatives = variants(root, schema, 0).filter((variant) =>
      variant.every((part) => allows(part, kind)),
    );
    if (alternatives.length === 0) return;
    if (Array.isArray(item)) {
      for (const [index, one] of item.entries()) {
        const places = alternatives.map((variant) => itemSchema(variant, index));
        look({ anyOf: places }, one, (made as unknown[] | undefined)?.[index], [...path, String(index)]);
      }
      return;
    }
    const shapes = alternatives.map((variant) => shapeOf(variant));
    for (const [key, one] of Object.entries(item)) {
      const schemas = shapes.flatMap((shape) => placesOf(shape, key, made) ?? []);
      if (schemas.length > 0) look({ anyOf: schemas }, one, own(made, key), [...path, key]);
      else
        found.push({
          path: [...path, key],
          known: shapes.flatMap(({ properties }) => [...properties.keys()]),
        });
    }
  }
}

/** The schemas for a key's value, or undefined when the shape does not know the key. */
function placesOf(shape: Shape, key: string, made: unknown): unknown[] | undefined {
  const places = shape.properties.get(key) ?? [];
  const fitting = shape.patterns.filter(([fits]) => fits(key)).map(([, schema]) => schema);
  if (places.length + fitting.length > 0) return [...places, ...fitting];
  if (shape.rest === false) return undefined;
  if (shape.rest !== undefined) return [shape.rest];
  const isDropped = shape.properties.size > 0 && isSchema(made) && !Object.hasOwn(made, key);
  return isDropped ? undefined : [true];
}

/** A schema's alternatives, references followed; each is a list of schemas that hold together. */
function variants(root: JsonSchema, schema: unknown, depth: number): JsonSchema[][] {
  if (!isSchema(schema) || depth > maxDepth) return [[]];
  if (typeof schema.$ref === "string") return variants(root, resolveReference(root, schema.$ref), depth + 1);
  let together: JsonSchema[][] = [[schema]];
  for (const part of listOf(schema.allOf)) together = combine(together, variants(root, part, depth + 1));
  for (const alternatives of [listOf(schema.anyOf), listOf(schema.oneOf)]) {
    if (alternatives.length === 0) continue;
    const each = alternatives.flatMap((alternative) => variants(root, alternative, depth + 1));
    together = combine(together, each);
  }
  return together;
}

function combine(left: JsonSchema[][], right: JsonSchema[][]): JsonSchema[][] {
  return left.flatMap((one) => right.map((other) => [...one, ...other])).slice(0, 1000);
}

function shapeOf(variant: readonly JsonSchema[]): Shape {
  const properties = new Map<string, unknown[]>();
  const patterns: [(key: string) => boolean, unknown][] = [];
  let rest: unknown;
  for (const part of variant) {
    for (const [key, schema] of Object.entries(part.properties ?? {})) {
      properties.set(key, [...(properties.get(key) ?? []), schema]);
    }
    for (const [pattern, schema] of Object.entries(part.patternProperties ?? {})) {
      patterns.push([fits(pattern), schema]);
    }
    rest = part.additionalProperties ?? rest;
  }
  return { properties, patterns, rest };
}

function allows({ type }: JsonSchema, kind: string): boolean {
  return type === undefined || type === kind || listOf(type).includes(kind);
}

/** A pattern that JavaScript can not read fits every key: better no complaint than a wrong one. */
function fits(pattern: string): (key: string) => boolean {
  try {
    const expression = new RegExp(pattern, "u");
    return (key) => expression.test(key);
  } catch {
    return () => true;
  }
}

function itemSchema(variant: readonly JsonSchema[], index: number): JsonSchema {
  const places = variant.map(({ items, prefixItems, additionalItems }) => {
    const tuple = Array.isArray(prefixItems) ? prefixItems : Array.isArray(items) ? items : [];
    return tuple[index] ?? (Array.isArray(items) ? additionalItems : items) ?? true;
  });
  return { allOf: places };
}

/** What a reference to a part of the same document stands for; one that stands for nothing allows all. */
export function resolveReference(root: JsonSchema, reference: string): unknown {
  if (!reference.startsWith("#")) return true;
  const steps = decodeURIComponent(reference.slice(1)).split("/").slice(1);
  return steps.reduce<unknown>(
    (place, step) => own(place, step.replaceAll("~1", "/").replaceAll("~0", "~")) ?? true,
    root,
  );
}

function own(value: unknown, key: string): unknown {
  return typeof value === "object" && value !== null && Object.hasOwn(value, key)
    ? (value as Record<string, unknown>)[key]
    : undefined;
}

function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

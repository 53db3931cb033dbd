import { toJsonSchema } from "@valibot/to-json-schema";
import type { GenericSchema } from "valibot";
import type { RuntimeV1 } from "../runtime/v1.ts";
import { isSchema, type JsonSchema, optionsSchemaOf } from "./options-schema.ts";
import { configSchema, serverSchema } from "./schema.ts";
import { resolveReference } from "./unknown-options.ts";

const draft = "http://json-schema.org/draft-07/schema#";
/** What is replaced before a text is checked, so that it may stand where a text of a certain form is expected. */
const reference = { type: "string", pattern: "\\$\\{" };
const maxDepth = 16;
/** The keywords that a text with a reference in it need not fit. */
const textRules = ["enum", "const", "pattern", "format", "minLength", "maxLength"];

/** The JSON Schema (draft-07) of config.yaml, for editors; with what each of these runtimes may be told. */
export function configJsonSchema(runtimes: readonly RuntimeV1[]): JsonSchema {
  const { properties, ...schema } = written(configSchema);
  const servers = { ...serverList, description: "The servers, in place of catalog_path" };
  return document("Open MCP Gateway: config.yaml", runtimes, {
    ...schema,
    properties: { ...(properties as object), servers },
  });
}

/** The JSON Schema (draft-07) of catalog.yaml, for editors; with what each of these runtimes may be told. */
export function catalogJsonSchema(runtimes: readonly RuntimeV1[]): JsonSchema {
  return document("Open MCP Gateway: catalog.yaml", runtimes, {
    type: "object",
    properties: { servers: { ...serverList, description: "The servers" } },
    additionalProperties: false,
  });
}

const serverList = { type: ["array", "null"], items: { $ref: "#/definitions/server" } };

function document(title: string, runtimes: readonly RuntimeV1[], schema: JsonSchema): JsonSchema {
  const properties = { $schema: { type: "string" }, ...(schema.properties as object) };
  return {
    $schema: draft,
    title,
    ...schema,
    // An empty file is as good as one that says nothing.
    type: ["object", "null"],
    properties,
    patternProperties: { "^x-": { description: "For whatever else reads this file; ignored" } },
    definitions: { server: serverJsonSchema(runtimes), ...optionsOf(runtimes) },
  };
}

function serverJsonSchema(runtimes: readonly RuntimeV1[]): JsonSchema {
  const { properties, ...server } = written(serverSchema);
  const installed = runtimes.map(({ name }) => name);
  const known = runtimes.filter(optionsSchemaOf).map(({ name }) => name);
  const description = `Where the server runs. Installed here: ${installed.join(", ") || "none"}`;
  const types = installed.length > 0 ? [{ enum: installed }] : [];
  const options = known.map((name) => ({
    if: { properties: { type: { const: name } }, required: ["type"] },
    // biome-ignore lint/suspicious/noThenProperty: a keyword of JSON Schema
    then: { $ref: `#/definitions/${definitionOf(name)}` },
  }));
  const runtime = {
    description: "Where and how the server runs",
    type: "object",
    properties: { type: { description, anyOf: [...types, { type: "string" }] } },
    required: ["type"],
    ...(options.length === 0 ? {} : { allOf: options }),
  };
  return { ...server, properties: { ...(properties as object), runtime } };
}

function optionsOf(runtimes: readonly RuntimeV1[]): Record<string, unknown> {
  const options = runtimes.flatMap((runtime) => {
    const schema = optionsSchemaOf(runtime);
    if (!schema) return [];
    const { $schema: _, ...own } = schema;
    const name = definitionOf(runtime.name);
    return [[name, moved(relaxed(withType(own, own, 0)), `#/definitions/${name}`)] as const];
  });
  return Object.fromEntries(options);
}

function definitionOf(runtime: string): string {
  return `runtime-${runtime}`;
}

function written(schema: GenericSchema): JsonSchema {
  const { $schema: _, ...made } = toJsonSchema(schema, {
    target: "draft-07",
    typeMode: "input",
    errorMode: "ignore",
  });
  return relaxed(made) as JsonSchema;
}

/** The same schema where a text of a certain form may also be one with a reference. */
function relaxed(schema: unknown): unknown {
  if (Array.isArray(schema)) return schema.map(relaxed);
  if (!isSchema(schema)) return schema;
  const parts = Object.entries(schema).map(([keyword, value]) => {
    // These hold schemas by name; a name that is a keyword's must not be taken for one.
    const isByName = /^(?:properties|patternProperties|definitions|\$defs)$/.test(keyword) && isSchema(value);
    if (isByName)
      return [
        keyword,
        Object.fromEntries(Object.entries(value).map(([name, item]) => [name, relaxed(item)])),
      ];
    const isPlain =
      keyword === "enum" || keyword === "const" || keyword === "default" || keyword === "examples";
    return [keyword, isPlain || keyword === "propertyNames" ? value : relaxed(value)];
  });
  const made = Object.fromEntries(parts) as JsonSchema;
  if (!isTextWithRules(made)) return made;
  const { description, default: preset, ...rules } = made;
  return {
    ...(description === undefined ? {} : { description }),
    ...(preset === undefined ? {} : { default: preset }),
    anyOf: [rules, reference],
  };
}

function isTextWithRules(schema: JsonSchema): boolean {
  const values = [...(Array.isArray(schema.enum) ? schema.enum : []), schema.const];
  const isText =
    schema.type === "string" ||
    (schema.type === undefined && values.some((value) => typeof value === "string"));
  return isText && textRules.some((rule) => rule in schema && rule !== "minLength");
}

/** The same schema at another place of a document: what refers to its own parts refers to them there. */
function moved(schema: unknown, place: string): unknown {
  if (Array.isArray(schema)) return schema.map((item) => moved(item, place));
  if (!isSchema(schema)) return schema;
  const parts = Object.entries(schema).map(([keyword, value]) => {
    const refers = keyword === "$ref" && typeof value === "string" && value.startsWith("#");
    return [keyword, refers ? place + value.slice(1) : moved(value, place)];
  });
  return Object.fromEntries(parts);
}

/** The options as they stand in the file, beside the runtime's `type`. */
function withType(schema: unknown, root: JsonSchema, depth: number): unknown {
  if (!isSchema(schema) || depth > maxDepth) return schema;
  if (typeof schema.$ref === "string") {
    const { $ref, ...rest } = schema;
    const target = withType(resolveReference(root, $ref), root, depth + 1);
    return isSchema(target) ? { ...rest, ...target } : target;
  }
  const forms = ["anyOf", "oneOf", "allOf"].flatMap((keyword) => {
    const list = schema[keyword];
    return Array.isArray(list)
      ? [[keyword, list.map((item) => withType(item, root, depth + 1))] as const]
      : [];
  });
  const isObject = isSchema(schema.properties) || schema.additionalProperties !== undefined;
  const own = isObject ? { properties: { ...(schema.properties as object), type: true } } : {};
  return { ...schema, ...own, ...Object.fromEntries(forms) };
}

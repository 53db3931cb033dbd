import { modernVersion } from "../era.ts";
import { isObject } from "../is-object.ts";
import type { FrameHead } from "../runtime/frame.ts";
import type { ListedItem } from "../runtime/json-items.ts";
import type { Params } from "../runtime/transport.ts";
import { headerValue } from "./header-value.ts";

/** An argument that goes along as a header (MCP 2026-07-28, streamable HTTP: `x-mcp-header`). */
export interface MirroredArgument {
  /** The keys that lead to the argument. */
  readonly path: readonly string[];
  /** The name of the header, without the `Mcp-Param-` before it. */
  readonly header: string;
}

const annotation = "x-mcp-header";
const token = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;
const mirroredTypes: readonly unknown[] = ["string", "integer", "boolean"];
const namedMethods: Readonly<Record<string, "name" | "uri" | "taskId">> = {
  "tools/call": "name",
  "prompts/get": "name",
  "resources/read": "uri",
  // Of the extension for tasks.
  "tasks/get": "taskId",
  "tasks/update": "taskId",
  "tasks/cancel": "taskId",
};

/** What of a message goes along as headers, where each message goes by itself. */
export function standardHeaders({ method = "", version, ...head }: FrameHead): Record<string, string> {
  const field = namedMethods[method];
  const name = field && head[field];
  return {
    "mcp-protocol-version": version ?? modernVersion,
    "mcp-method": headerValue(method),
    ...(name === undefined ? {} : { "mcp-name": headerValue(name) }),
  };
}

/** The arguments that a tool's description wants as headers, too; none if it asks for them in a way that MCP forbids. */
export function mirroredArguments(tool: ListedItem): readonly MirroredArgument[] {
  return readingOf(tool).mirrored;
}

/** The headers for the arguments of a call. */
export function argumentHeaders(
  mirrored: readonly MirroredArgument[],
  args: unknown,
): Record<string, string> {
  const headers: Record<string, string> = {};
  for (const argument of mirrored) {
    const value = argumentAt(args, argument);
    if (typeof value === "string" || typeof value === "boolean" || Number.isSafeInteger(value)) {
      headers[`mcp-param-${argument.header.toLowerCase()}`] = headerValue(String(value));
    }
  }
  return headers;
}

/** What a call has for an argument; undefined if nothing. */
export function argumentAt(args: unknown, { path }: MirroredArgument): unknown {
  let value = args;
  for (const key of path) value = isObject(value) && Object.hasOwn(value, key) ? value[key] : undefined;
  return value;
}

/** Those of a client's headers that mirror arguments. */
export function argumentHeadersIn(headers: Readonly<Record<string, string>>): Record<string, string> {
  const own = Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value] as const);
  return Object.fromEntries(own.filter(([name]) => name.startsWith("mcp-param-")));
}

/** Why a tool must not be offered: its description asks for headers in a way that MCP forbids. */
export function faultOf(tool: ListedItem): string | undefined {
  return readingOf(tool).fault;
}

interface Reading {
  readonly mirrored: readonly MirroredArgument[];
  readonly fault?: string | undefined;
}

/** Descriptions are read once. */
const readings = new WeakMap<ListedItem, Reading>();

function readingOf(tool: ListedItem): Reading {
  let reading = readings.get(tool);
  if (!reading) {
    reading = tool.bytes.includes(annotation) ? read(tool) : { mirrored: [] };
    readings.set(tool, reading);
  }
  return reading;
}

function read(tool: ListedItem): Reading {
  const { inputSchema } = JSON.parse(tool.bytes.toString()) as Params;
  const mirrored: MirroredArgument[] = [];
  const names = new Set<string>();
  let fault: string | undefined;
  visit(inputSchema, [], true);
  return fault === undefined ? { mirrored } : { mirrored: [], fault };

  /** `isReachable`: by properties alone, so that one value belongs to it. */
  function visit(schema: unknown, path: readonly string[], isReachable: boolean): void {
    if (Array.isArray(schema)) for (const item of schema) visit(item, path, false);
    if (!isObject(schema)) return;
    if (Object.hasOwn(schema, annotation)) note(schema, path, isReachable);
    for (const [key, part] of Object.entries(schema)) {
      if (values.has(key)) continue;
      if (!byName.has(key) || !isObject(part)) visit(part, path, false);
      else {
        const isProperty = key === "properties" && isReachable;
        for (const [name, inner] of Object.entries(part)) visit(inner, [...path, name], isProperty);
      }
    }
  }

  function note(schema: Params, path: readonly string[], isReachable: boolean): void {
    const header = schema[annotation];
    if (typeof header !== "string" || !token.test(header)) fault ??= "a header name that is none";
    else if (!mirroredTypes.includes(schema.type)) fault ??= `type ${JSON.stringify(schema.type)}`;
    else if (!isReachable || path.length === 0) fault ??= "a place that is not one argument";
    else if (names.has(header.toLowerCase())) fault ??= `the header ${header} twice`;
    else {
      names.add(header.toLowerCase());
      mirrored.push({ path, header });
    }
  }
}

/** Keywords of JSON Schema that hold data, and those that hold schemas by names. */
const values = new Set(["const", "enum", "default", "examples", annotation]);
const byName = new Set(["properties", "patternProperties", "$defs", "definitions", "dependentSchemas"]);

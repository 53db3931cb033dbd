import type { RuntimeV1 } from "../runtime/v1.ts";

/** A JSON Schema of draft-07, as far as somebody looks into it. */
export type JsonSchema = { readonly [keyword: string]: unknown };

/** The JSON Schema of what a runtime's options may say, or undefined when the runtime has none to give. */
export function optionsSchemaOf(runtime: RuntimeV1): JsonSchema | undefined {
  // One of another version may have none of this.
  const options: Partial<RuntimeV1["options"]> | undefined = runtime.options;
  const jsonSchema = options?.["~standard"]?.jsonSchema;
  const input = (jsonSchema as { input?: unknown } | undefined)?.input;
  if (typeof input !== "function") return undefined;
  try {
    const schema: unknown = input.call(jsonSchema, { target: "draft-07" });
    return isSchema(schema) ? schema : undefined;
  } catch {
    // The library can not say it in JSON Schema; the runtime's own check still counts.
    return undefined;
  }
}

export function isSchema(value: unknown): value is JsonSchema {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

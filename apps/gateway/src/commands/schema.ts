import { catalogJsonSchema, configJsonSchema } from "@omg/core/config";
import { installedRuntimes } from "../runtimes.ts";

const schemas = { config: configJsonSchema, catalog: catalogJsonSchema } as const;

export type SchemaFile = keyof typeof schemas;

/** `omg schema`: the JSON Schema of a configuration file, with the options of every runtime that is installed. */
export async function schema(file: SchemaFile): Promise<void> {
  process.stdout.write(await schemaText(file));
}

export async function schemaText(file: SchemaFile): Promise<string> {
  return `${JSON.stringify(schemas[file](await installedRuntimes()), undefined, 2)}\n`;
}

import { catalogJsonSchema, configJsonSchema } from "@omg/core/config";
import { ConfigurationRefused } from "../configuration/configuration-refused.ts";
import { type ConfigurationFlags, listedPlugIns } from "../configuration/load-configuration.ts";
import { printableLines } from "../logging/logger.ts";
import { everyRuntime, noPlugIns, type PlugIns } from "../runtimes/load-runtimes.ts";

const schemas = { config: configJsonSchema, catalog: catalogJsonSchema } as const;

export type SchemaFile = keyof typeof schemas;

/**
 * `omg schema`: the JSON Schema of a configuration file, with the options of every runtime that is installed, or listed by the
 * configuration. What is listed and can not be used is warned of.
 */
export async function schema(file: SchemaFile, flags: ConfigurationFlags): Promise<void> {
  const { text, problems } = await schemaOf(file, plugInsOf(flags));
  for (const problem of problems) process.stderr.write(printableLines(`warning: ${problem}\n`));
  process.stdout.write(text);
}

/** Of the runtimes that are installed. */
export async function schemaText(file: SchemaFile): Promise<string> {
  return (await schemaOf(file, noPlugIns)).text;
}

async function schemaOf(file: SchemaFile, plugIns: PlugIns) {
  const { runtimes, problems } = await everyRuntime(plugIns);
  const listed = [...problems].filter(([type]) => Object.hasOwn(plugIns.listed, type));
  return {
    text: `${JSON.stringify(schemas[file](runtimes), undefined, 2)}\n`,
    problems: listed.map(([, problem]) => problem),
  };
}

/** A broken file is when its editor needs the schema most. */
function plugInsOf(flags: ConfigurationFlags): PlugIns {
  try {
    return listedPlugIns(flags);
  } catch (error) {
    if (error instanceof ConfigurationRefused) return noPlugIns;
    throw error;
  }
}

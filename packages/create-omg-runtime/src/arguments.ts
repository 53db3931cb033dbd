import { parseArgs } from "node:util";
import { UsageError } from "./usage.ts";

export interface Arguments {
  /** As it was given; absent: nobody said. */
  readonly directory: string | undefined;
  readonly name: string | undefined;
  readonly type: string | undefined;
  readonly help: boolean;
  readonly version: boolean;
}

/** Reads the command line. Throws a `UsageError` for what it does not know. */
export function parseArguments(args: readonly string[]): Arguments {
  const { values, positionals } = parsed(args);
  const [directory, surplus] = positionals;
  if (surplus !== undefined) {
    throw new UsageError(`one DIRECTORY is enough: what shall ${JSON.stringify(surplus)} be?`);
  }
  const { name, type, help = false, version = false } = values;
  return { directory, name, type, help, version };
}

function parsed(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      allowPositionals: true,
      options: {
        name: { type: "string" },
        type: { type: "string" },
        help: { type: "boolean", short: "h" },
        version: { type: "boolean", short: "v" },
      },
    });
  } catch (error) {
    // What follows the first sentence is for programmers.
    throw new UsageError((error as Error).message.replace(/\. .*/s, ""));
  }
}

import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { displayPath } from "../configuration/display-path.ts";
import { CommandFailure, exitCodes } from "../exit-codes.ts";
import { printableLines } from "../logging/logger.ts";
import { initFiles } from "./init-files.ts";
import { schemaText } from "./schema.ts";

/** `omg init`: a configuration to start from, with a server that works at once. Overwrites nothing. */
export async function init(folder: string): Promise<void> {
  const files: Record<string, string> = {
    ...initFiles,
    "config.schema.json": await schemaText("config"),
    "catalog.schema.json": await schemaText("catalog"),
  };
  const target = resolve(folder);
  const paths = Object.keys(files).map((name) => join(target, name));
  const existing = paths.filter((path) => existsSync(path));
  if (existing.length > 0) throw refusal(existing.map(displayPath));
  try {
    mkdirSync(target, { recursive: true });
    // Never overwrites, also when a file appeared a moment ago.
    for (const [name, content] of Object.entries(files))
      writeFileSync(join(target, name), content, { flag: "wx" });
  } catch (error) {
    throw new CommandFailure(exitCodes.failed, `error: ${(error as Error).message}`);
  }
  const config = displayPath(join(target, "config.yaml"));
  const flag = config === "config.yaml" ? "" : ` --config ${quoted(config)}`;
  const lines = [
    ...paths.map((path) => `Wrote ${displayPath(path)}`),
    "",
    "Try it, then serve it:",
    `  omg call hello.greet name=you${flag}`,
    `  omg serve${flag}`,
  ];
  process.stdout.write(printableLines(`${lines.join("\n")}\n`));
}

function refusal(existing: readonly string[]): CommandFailure {
  const verb = existing.length === 1 ? "exists" : "exist";
  return new CommandFailure(
    exitCodes.failed,
    `error: ${existing.join(", ")} ${verb} already; nothing was written`,
  );
}

/** A path as a shell takes it. */
function quoted(path: string): string {
  return /^[\w./-]+$/.test(path) ? path : `'${path.replaceAll("'", "'\\''")}'`;
}

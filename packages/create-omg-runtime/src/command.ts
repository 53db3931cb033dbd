import { resolve } from "node:path";
import packageJson from "../package.json" with { type: "json" };
import { parseArguments } from "./arguments.ts";
import { fillFolder } from "./folder.ts";
import { checkName, checkType, nameFor, typeFor } from "./names.ts";
import { nextSteps } from "./next-steps.ts";
import { filledTemplate } from "./template.ts";
import { help, UsageError, usage } from "./usage.ts";

const { version } = packageJson;

/** The command: does what the arguments say, and gives what is to be printed. Where nobody can be asked, `ask` is absent. */
export async function runCommand(
  args: readonly string[],
  ask?: (question: string) => Promise<string>,
): Promise<string> {
  const given = parseArguments(args);
  if (given.help) return help;
  if (given.version) return `${version}\n`;
  const directory = given.directory ?? (await ask?.("Into which folder? "))?.trim();
  if (!directory) throw new UsageError(`no DIRECTORY was given\n${usage}`);
  const name = given.name ?? nameFor(directory);
  checkName(name);
  const type = given.type ?? typeFor(name);
  checkType(type);
  fillFolder(resolve(directory), filledTemplate({ name, type, version }));
  return nextSteps({ directory, name, type });
}

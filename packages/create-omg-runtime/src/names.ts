import { isBuiltin } from "node:module";
import { basename, resolve } from "node:path";
import { UsageError } from "./usage.ts";

const prefix = "omg-runtime-";
const longestName = 214;

/** Types that the gateway has by itself. */
export const takenTypes: readonly string[] = [
  "local-process",
  "remote-sse",
  "remote",
  "docker",
  "k8s-job",
  "k8s-service",
];

/** The name of the package that a folder is to hold, if nobody gave one. */
export function nameFor(directory: string): string {
  const folder = basename(resolve(directory));
  return folder.startsWith(prefix) ? folder : prefix + folder;
}

/** The type of the runtime in a package, if nobody gave one. */
export function typeFor(name: string): string {
  return name.replace(/^@.*\//, "").replace(prefix, "");
}

/** Throws a `UsageError` for a name that npm would refuse. */
export function checkName(name: string): void {
  const hasForm = /^(?:@[a-z0-9][a-z0-9._-]*\/)?[a-z0-9][a-z0-9._-]*$/.test(name);
  if (hasForm && name.length <= longestName && name !== "node_modules" && !isBuiltin(name)) return;
  throw new UsageError(
    `${JSON.stringify(name)} can not be the name of a package: names have small letters, digits, ".", "_" and "-", maybe behind a "@scope/". Give another with --name, such as omg-runtime-ssh`,
  );
}

/** Throws a `UsageError` for a type that no runtime can have, or that the gateway has by itself. */
export function checkType(type: string): void {
  const isTaken = takenTypes.includes(type);
  if (/^[a-z][a-z0-9-]*$/.test(type) && !isTaken) return;
  const why = isTaken
    ? "the gateway has one of that name"
    : 'types have small letters, digits and "-", and begin with a letter';
  throw new UsageError(
    `${JSON.stringify(type)} can not be the type of a runtime: ${why}. Give another with --type, such as ssh`,
  );
}

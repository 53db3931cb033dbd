import { readFileSync, statSync } from "node:fs";
import type { ReferenceSources } from "@omg/core/config";
import { resolvePath } from "./find-config.ts";

/** A secret is short; this is for a key file, not for data. */
const maxBytes = 64 * 1024;

/** Variables of this process, and files relative to the folder of the configuration that names them. */
export function referenceSources(folder: string): ReferenceSources {
  return {
    variable: (name) => process.env[name],
    file: (path) => readSmallFile(path, resolvePath(path, folder)),
  };
}

function readSmallFile(written: string, path: string): string {
  try {
    const { size } = mustBeFile(path);
    if (size > maxBytes) throw new Error(`it is larger than ${maxBytes} bytes`);
    return readFileSync(path, "utf8");
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    throw new Error(
      `The file ${written} can not be read: ${code === "ENOENT" ? "it does not exist" : message}`,
    );
  }
}

/** A device or a pipe might never end. */
function mustBeFile(path: string): { size: number } {
  const stats = statSync(path);
  if (!stats.isFile()) throw new Error("it is no regular file");
  return stats;
}

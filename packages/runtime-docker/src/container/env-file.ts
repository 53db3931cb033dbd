import { readFile, stat } from "node:fs/promises";
import { OmgError } from "@omg/core/runtime";
import { environmentName } from "../option-forms.ts";

const maxBytes = 1024 * 1024;

/**
 * Reads files of NAME=value lines as `docker run --env-file` does: no quotes, no references; lines that begin with # and empty
 * ones are left out. Later files go before earlier ones. Rejects with an `OmgError`.
 */
export async function readEnvFiles(
  server: string,
  files: readonly string[],
): Promise<Record<string, string>> {
  const variables = new Map<string, string>();
  for (const file of files) {
    const text = await read(server, file);
    for (const [index, line] of text.split(/\r?\n/).entries()) {
      const entry = line.trimStart();
      if (entry === "" || entry.startsWith("#")) continue;
      const at = entry.indexOf("=");
      const name = entry.slice(0, at);
      if (at < 1 || !environmentName.test(name) || entry.includes("\0")) {
        throw refused(server, `line ${index + 1} of env_file ${JSON.stringify(file)} is not NAME=value`);
      }
      variables.set(name, entry.slice(at + 1));
    }
  }
  return Object.fromEntries(variables);
}

async function read(server: string, file: string): Promise<string> {
  const path = JSON.stringify(file);
  try {
    const found = await stat(file);
    // A device never ends, and a pipe may never begin.
    if (!found.isFile()) throw refused(server, `env_file ${path} is no file`);
    if (found.size > maxBytes) throw refused(server, `env_file ${path} is larger than 1 MiB`);
    return await readFile(file, "utf8");
  } catch (cause) {
    if (OmgError.is(cause)) throw cause;
    throw refused(
      server,
      `env_file ${path} can not be read (${(cause as NodeJS.ErrnoException).code})`,
      cause,
    );
  }
}

function refused(server: string, what: string, cause?: unknown): OmgError {
  return new OmgError("upstream_start_failed", {
    server,
    detail: "env_file",
    cause,
    message: `Server '${server}' did not start: ${what}. Correct the file, or "env_file".`,
  });
}

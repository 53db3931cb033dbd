import { readFile } from "node:fs/promises";

/** A file of certificates, or of a key. Rejects with an `Error` that names it. */
export async function readPem(file: string): Promise<Buffer> {
  try {
    return await readFile(file);
  } catch (cause) {
    const code = codeOf(cause);
    throw new Error(`the engine's certificates: ${JSON.stringify(file)} can not be read (${code})`, {
      cause,
    });
  }
}

/** The same; undefined if there is no such file. One that can not be read is no reason to do without. */
export async function readPemIfAny(file: string): Promise<Buffer | undefined> {
  try {
    return await readPem(file);
  } catch (error) {
    if (codeOf((error as Error).cause) === "ENOENT") return undefined;
    throw error;
  }
}

function codeOf(error: unknown): string | undefined {
  return (error as NodeJS.ErrnoException).code;
}

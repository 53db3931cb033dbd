import { randomBytes } from "node:crypto";
import { promises as files } from "node:fs";

/** Replaces a file whole: a reader never sees half of it, and if the disk is full the old one stays as it is. */
export async function replaceFile(path: string, text: string, mode: number): Promise<void> {
  const half = `${path}.${randomBytes(6).toString("hex")}.tmp`;
  try {
    await files.writeFile(half, text, { mode, flush: true });
    await files.rename(half, path);
  } catch (error) {
    await files.rm(half, { force: true });
    throw error;
  }
}

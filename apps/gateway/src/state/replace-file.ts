import { randomBytes } from "node:crypto";
import { rename, rm, writeFile } from "node:fs/promises";

/** Replaces a file whole: a reader never sees half of it, and if the disk is full the old one stays as it is. */
export async function replaceFile(path: string, text: string, mode: number): Promise<void> {
  const half = `${path}.${randomBytes(6).toString("hex")}.tmp`;
  try {
    await writeFile(half, text, { mode, flush: true });
    await rename(half, path);
  } catch (error) {
    await rm(half, { force: true });
    throw error;
  }
}

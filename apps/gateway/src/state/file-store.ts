// Not `node:fs/promises`: Node loads it when it is used, and a start does not wait for it.
import { promises as files, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import type { StateStore } from "@omg/core";
import { replaceFile } from "./replace-file.ts";

const day = 24 * 60 * 60 * 1000;
/** What nobody asked for in so long belongs to entries that are gone. */
const forgottenAfterMs = 60 * day;

/**
 * Keeps each value in a file of its own, for this user alone. A value is replaced whole, so that a reader never sees half
 * of one, also when several gateways write.
 */
export function fileStore(folder: string): StateStore {
  return {
    async get(key) {
      const file = join(folder, fileName(key));
      try {
        // At once: with what fifty servers offer, a start would wait 30 ms longer for promises.
        const text = readFileSync(file, "utf8");
        await markUsed(file);
        return text;
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
        throw error;
      }
    },
    async set(key, value) {
      await files.mkdir(folder, { recursive: true, mode: 0o700 });
      await replaceFile(join(folder, fileName(key)), value, 0o600);
    },
    async delete(key) {
      await files.rm(join(folder, fileName(key)), { force: true });
    },
  };
}

/** Removes what has not been used for two months. Never rejects. */
export async function removeForgotten(folder: string, now = Date.now()): Promise<void> {
  const names = await files.readdir(folder).catch(() => []);
  for (const name of names) {
    const file = join(folder, name);
    const used = await files.stat(file).catch(() => undefined);
    if (used && now - used.mtimeMs > forgottenAfterMs) await files.rm(file, { force: true }).catch(() => {});
  }
}

/** Once a day is enough to tell that somebody still asks. */
async function markUsed(file: string): Promise<void> {
  const now = Date.now();
  const { mtimeMs } = statSync(file);
  if (now - mtimeMs > day) await files.utimes(file, now / 1000, now / 1000).catch(() => {});
}

const maxName = 200;

/** A name that every file system takes, one for each key. */
function fileName(key: string): string {
  const name = encodeURIComponent(key);
  if (name.length <= maxName) return name;
  throw new Error(`The key ${key.slice(0, 40)}… is too long for a file's name`);
}

import { mkdirSync, readdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";

const namedEntries = 3;

/** Writes files into a folder that is empty or not there yet. Throws, and leaves it as it was, if that can not be. */
export function fillFolder(folder: string, files: ReadonlyMap<string, string>): void {
  checkFolder(folder);
  // The first folder on the way that was not there.
  const made = mkdirSync(folder, { recursive: true });
  try {
    for (const [path, text] of files) {
      mkdirSync(dirname(join(folder, path)), { recursive: true });
      writeFileSync(join(folder, path), text);
    }
  } catch (error) {
    const entries = [...files.keys()].map((path) => join(folder, path.replace(/\/.*/, "")));
    for (const path of made === undefined ? entries : [made]) rmSync(path, { recursive: true, force: true });
    throw error;
  }
}

function checkFolder(folder: string): void {
  const stats = statSync(folder, { throwIfNoEntry: false });
  if (stats === undefined) return;
  if (!stats.isDirectory()) throw new Error(`${folder} is no folder. Give another DIRECTORY`);
  const entries = readdirSync(folder).sort();
  if (entries.length === 0) return;
  const named = entries.slice(0, namedEntries).map((name) => JSON.stringify(name));
  const rest = entries.length > namedEntries ? ` and ${entries.length - namedEntries} more` : "";
  throw new Error(`${folder} is not empty: it has ${named.join(", ")}${rest}. Give another DIRECTORY`);
}

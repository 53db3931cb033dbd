import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";

/** What was loaded, by the folder that its code is in. */
const loaded = new Map<string, string>();

/** From now on faults of this code are known to be its own. `address`: the URL of its main file. */
export function notePlugIn(name: string, address: string): void {
  loaded.set(packageFolderOf(fileURLToPath(address)), name);
}

export function arePlugInsLoaded(): boolean {
  return loaded.size > 0;
}

/** The plug-in whose code an error that nobody caught came from, if it was one's. */
export function plugInAtFault(error: unknown): string | undefined {
  const stack = error instanceof Error ? (error.stack ?? "") : "";
  const isIn = (folder: string) =>
    stack.includes(`${folder}/`) || stack.includes(`${pathToFileURL(folder)}/`);
  return [...loaded].find(([folder]) => isIn(folder))?.[1];
}

function packageFolderOf(file: string): string {
  const start = dirname(file);
  for (let folder = start; folder !== dirname(folder); folder = dirname(folder)) {
    if (existsSync(join(folder, "package.json"))) return folder;
  }
  return start;
}

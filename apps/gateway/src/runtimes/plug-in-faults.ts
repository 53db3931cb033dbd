import { dirname, join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";

/** What was loaded, by the folder that its code is in. */
const loaded = new Map<string, string>();
const modules = "/node_modules/";

/** From now on faults of this code are known to be its own. `address`: the URL of its main file. */
export function notePlugIn(name: string, address: string): void {
  loaded.set(folderOf(fileURLToPath(address)), name);
}

export function arePlugInsLoaded(): boolean {
  return loaded.size > 0;
}

/** The plug-in whose code an error that nobody caught came from, if it was one's. */
export function plugInAtFault(error: unknown): string | undefined {
  const stack = error instanceof Error ? (error.stack ?? "") : "";
  const frames = stack.split("\n").filter((line) => /^ +at /.test(line));
  for (const frame of frames) {
    const [, name] = [...loaded].find(([folder]) => isIn(folder, frame)) ?? [];
    // What a plug-in only called into is ours; libraries are of whoever uses them.
    if (name !== undefined || isOurs(frame)) return name;
  }
  return undefined;
}

function isOurs(frame: string): boolean {
  return frame.includes(`${modules}@omg/`) || !/\bnode:|\/node_modules\/|<anonymous>/.test(frame);
}

/** The folder of a package, or that in which a file lies by itself. */
function folderOf(file: string): string {
  const at = file.lastIndexOf(modules);
  if (at === -1) return dirname(file);
  const [first = "", second = ""] = file.slice(at + modules.length).split("/");
  return join(file.slice(0, at), modules, first.startsWith("@") ? join(first, second) : first);
}

/** What is installed below a folder is other code: beside a configuration the gateway itself may be. */
function isIn(folder: string, frame: string): boolean {
  for (const start of [`${pathToFileURL(folder)}/`, `${folder}/`]) {
    const at = frame.indexOf(start);
    if (at !== -1 && !frame.slice(at + start.length - 1).includes(modules)) return true;
  }
  return false;
}

import { mkdtempDisposableSync, readdirSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";

/** An empty folder of a test. */
export interface Scratch extends Disposable {
  readonly path: string;
}

export function scratch(): Scratch {
  return mkdtempDisposableSync(join(tmpdir(), "omg-test-"));
}

/** The files below a folder, by their paths. */
export function filesIn(folder: string): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => relative(folder, join(entry.parentPath, entry.name)))
    .sort();
}

import { posix } from "node:path";
import type { SourceFile } from "./workspace.ts";

/** Finds circles of imports that run when the files load; type-only and dynamic imports may be circular. */
export function findImportCycles(files: readonly SourceFile[]): string[] {
  const targets = new Map(files.map((file) => [file.path, loadedBy(file)]));
  const done = new Set<string>();
  const cycles: string[] = [];

  const visit = (path: string, trail: readonly string[]): void => {
    const start = trail.indexOf(path);
    if (start >= 0) {
      cycles.push(`import cycle: ${[...trail.slice(start), path].join(" → ")}`);
      return;
    }
    if (done.has(path)) return;
    for (const target of targets.get(path) ?? []) visit(target, [...trail, path]);
    done.add(path);
  };

  for (const path of targets.keys()) visit(path, []);
  return cycles;
}

function loadedBy(file: SourceFile): string[] {
  return file.imports
    .filter((use) => use.kind === "static" && use.specifier?.startsWith("."))
    .map((use) => posix.join(posix.dirname(file.path), use.specifier ?? ""));
}

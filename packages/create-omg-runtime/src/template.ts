import { readdirSync, readFileSync } from "node:fs";
import { join, relative } from "node:path";

export interface Wishes {
  /** Of the package. */
  readonly name: string;
  /** Of the runtime. */
  readonly type: string;
  /** Of our packages that it is made for. */
  readonly version: string;
}

const folder = join(import.meta.dirname, "../template");

/** The text of every file of a scaffold, by its path. The template is a package itself, for a place called "my-place". */
export function filledTemplate({ name, type, version }: Wishes): ReadonlyMap<string, string> {
  const entries = readdirSync(folder, { recursive: true, withFileTypes: true });
  const paths = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  return new Map(
    paths.map((path) => {
      const text = readFileSync(path, "utf8")
        .replace(/(omg-runtime-)?my-place/g, (_, prefix) => (prefix ? name : type))
        .replaceAll("workspace:^", `^${version}`);
      // Files that npm would take for those of the package around the template have other names in it.
      return [relative(folder, path).replace(/^_/, ""), text];
    }),
  );
}

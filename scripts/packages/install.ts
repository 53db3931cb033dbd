import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { run } from "./run.ts";

export interface InstallOptions {
  readonly directory: string;
  /** By name: the path of each tarball. */
  readonly tarballs: Readonly<Record<string, string>>;
  /** By name: versions of what else is installed. */
  readonly others?: Readonly<Record<string, string>>;
  /** Further flags for npm. */
  readonly flags?: readonly string[];
}

/** Installs tarballs with npm into a new folder, each as a direct dependency: so peers are found among them. */
export async function installTarballs(options: InstallOptions): Promise<void> {
  const { directory, tarballs, others = {}, flags = [] } = options;
  const ours = Object.fromEntries(Object.entries(tarballs).map(([name, path]) => [name, `file:${path}`]));
  const manifest = {
    private: true,
    type: "module",
    dependencies: { ...ours, ...others },
    overrides: Object.fromEntries(Object.keys(ours).map((name) => [name, `$${name}`])),
  };
  await mkdir(directory, { recursive: true });
  await writeFile(join(directory, "package.json"), JSON.stringify(manifest));
  // Nobody listens there: if npm looks for one of ours anywhere but in the tarballs, the install fails.
  await writeFile(join(directory, ".npmrc"), "@omg:registry=http://127.0.0.1:1/\nfetch-retries=0\n");
  const quiet = ["--no-audit", "--no-fund", "--loglevel=error"];
  await run("npm", ["install", ...quiet, ...flags], { cwd: directory });
}

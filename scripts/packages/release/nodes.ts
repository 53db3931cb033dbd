import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { run } from "../run.ts";

/** Of the oldest line of Node that our packages promise to work on, and of the newest, beside the one of the lockfile. */
const versions = ["22.23.3", "26.10.0"];

/** A build of Node. */
export interface NodeBuild {
  readonly version: string;
  /** The program. */
  readonly path: string;
}

/** Why other builds of Node can not be installed here. Undefined: they can. */
export function missingNodes(): string | undefined {
  if (process.platform === "linux" && ["x64", "arm64"].includes(process.arch)) return undefined;
  return `there is no Node for ${process.platform} ${process.arch} on npm`;
}

/** Installs them from npm below a folder. */
export function installNodes(folder: string): Promise<NodeBuild[]> {
  const name = `node-linux-${process.arch}`;
  return Promise.all(
    versions.map(async (version) => {
      const cwd = join(folder, version);
      await mkdir(cwd, { recursive: true });
      await run("npm", ["install", "--prefix", cwd, "--no-audit", "--no-fund", `${name}@${version}`], {
        cwd,
      });
      return { version, path: join(cwd, "node_modules", name, "bin/node") };
    }),
  );
}

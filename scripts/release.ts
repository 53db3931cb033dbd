import { readFileSync, writeFileSync } from "node:fs";
import { join, relative } from "node:path";
import {
  buildPackages,
  type PublishablePackage,
  publishablePackages,
  repositoryRoot,
  runPnpm,
} from "./packages/pack.ts";

// Builds every package and publishes those whose version the registry does not have: `npm run release`.
// Last it prints the version, for the workflow to tag.
const packages = publishablePackages();
const version = theVersion(packages);
await buildPackages();
for (const item of packages) nameTheRepository(item);
const filters = ["packages", "apps"].flatMap((folder) => ["--filter", `./${folder}/*`]);
// The packages name the repository, so the tree is not as it was committed.
process.stderr.write(
  await runPnpm([...filters, "--recursive", "publish", "--no-git-checks"], repositoryRoot),
);
process.stdout.write(`${version}\n`);

/** All packages are released together. */
function theVersion(packages: readonly PublishablePackage[]): string {
  const versions = new Set(packages.map(({ directory }) => readManifest(directory).version));
  const [version] = versions;
  if (versions.size !== 1 || version === undefined || version === "0.0.0") {
    throw new Error(
      `Run "changeset version" first: the packages have the version ${[...versions].join(", ")}`,
    );
  }
  return version;
}

/** A registry believes a package's provenance only if it says where it comes from, which a fork must not inherit. */
function nameTheRepository({ directory }: PublishablePackage): void {
  const { GITHUB_SERVER_URL, GITHUB_REPOSITORY } = process.env;
  if (GITHUB_SERVER_URL === undefined || GITHUB_REPOSITORY === undefined) return;
  const repository = {
    type: "git",
    url: `git+${GITHUB_SERVER_URL}/${GITHUB_REPOSITORY}.git`,
    directory: relative(repositoryRoot, directory),
  };
  const manifest = { ...readManifest(directory), repository };
  writeFileSync(join(directory, "package.json"), `${JSON.stringify(manifest, null, 2)}\n`);
}

function readManifest(directory: string): { readonly version: string } {
  return JSON.parse(readFileSync(join(directory, "package.json"), "utf8"));
}

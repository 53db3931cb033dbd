import { existsSync, globSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";

/** The parts of a finished bundle that are looked at here. */
type Bundle = Readonly<Record<string, { readonly type: string; readonly moduleIds?: readonly string[] }>>;

interface Output {
  emitFile(file: { type: "asset"; fileName: string; source: string }): string;
}

/** Puts the licences of all packages that went into the bundle beside it, as these licences ask for. */
export function thirdPartyLicenses() {
  return {
    name: "third-party-licenses",
    generateBundle(this: Output, _options: unknown, bundle: Bundle) {
      const modules = Object.values(bundle).flatMap(({ moduleIds = [] }) => moduleIds);
      const folders = modules.filter((id) => id.includes("/node_modules/")).map(packageFolder);
      const texts = [...new Set(folders)].map(licenseOf).sort();
      this.emitFile({ type: "asset", fileName: "THIRD-PARTY-LICENSES.txt", source: texts.join("\n\n") });
    },
  };
}

function packageFolder(id: string): string {
  let folder = dirname(id.replace(/^\0/, "").replace(/\?.*$/, ""));
  while (!isPackage(join(folder, "package.json"))) folder = dirname(folder);
  return folder;
}

/** Packages put nameless package.json files into their folders of ES modules. */
function isPackage(file: string): boolean {
  return existsSync(file) && JSON.parse(readFileSync(file, "utf8")).name !== undefined;
}

function licenseOf(folder: string): string {
  const { name, version, license } = JSON.parse(readFileSync(join(folder, "package.json"), "utf8"));
  const [file] = globSync("{LICENSE,LICENCE,license}*", { cwd: folder });
  if (file === undefined) throw new Error(`${name} has no licence text, so it must not be bundled`);
  return `${name} ${version} (${license})\n\n${readFileSync(join(folder, file), "utf8").trim()}\n`;
}

import { type Checks, expectNone } from "../checks.ts";
import { type PublishablePackage, packPackage, repositoryRoot } from "../pack.ts";
import { overBudget } from "./budgets.ts";
import {
  checkContents,
  checkTypes,
  lintPackage,
  missingAssets,
  readTarball,
  type Tarball,
  tracesOfTheBuild,
  undeclaredImports,
} from "./inspect.ts";

/** Packs every package into a folder and looks at what is in it. Gives those that could be packed. */
export async function checkTarballs(
  checks: Checks,
  packages: readonly PublishablePackage[],
  folder: string,
): Promise<Tarball[]> {
  const tarballs: Tarball[] = [];
  for (const item of packages) {
    const { name } = item;
    const tarball = await checks.check(`${name} packs`, async () => {
      return readTarball(await packPackage(item, folder));
    });
    if (tarball === undefined) continue;
    tarballs.push(tarball);
    await checks.check(`${name} has what belongs in a package, and no more`, () => {
      expectNone([
        ...checkContents(tarball),
        ...missingAssets(tarball),
        ...tracesOfTheBuild(tarball, repositoryRoot),
      ]);
    });
    await checks.check(`${name} declares what it imports`, () => expectNone(undeclaredImports(tarball)));
    await checks.check(`${name} keeps to its budget`, () => expectNone(overBudget(tarball)));
    await checks.check(`${name} passes publint`, async () => expectNone(await lintPackage(tarball)));
    await checks.check(`${name} has types that resolve`, async () => expectNone(await checkTypes(tarball)));
  }
  return tarballs;
}

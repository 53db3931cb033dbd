import { join } from "node:path";
import { type Checks, expectNone } from "../checks.ts";
import { publishablePackages } from "../pack.ts";
import { checkReadmes } from "./check-readmes.ts";
import { checkScaffold } from "./check-scaffold.ts";
import { installNodes, missingNodes } from "./nodes.ts";
import { startRegistry } from "./registry.ts";
import { checkVersions, rehearsePublish, rehearseVersion } from "./rehearse-release.ts";
import { serveByNpx } from "./serve-by-npx.ts";

/** Makes a release into a registry of our own, and then does what users do who find it there. */
export async function checkRelease(checks: Checks, folder: string): Promise<void> {
  await using registry = await startRegistry(join(folder, "registry"));
  const rehearsal = await checks.check(
    "the changesets make one version of all packages, with changelogs",
    async () => {
      const made = await rehearseVersion(join(folder, "release"));
      expectNone(await checkVersions(made));
      return made;
    },
  );
  if (rehearsal === undefined) return;
  const { version } = rehearsal;
  const published = await checks.check("a release publishes all packages", async () => {
    const said = await rehearsePublish(rehearsal, registry);
    if (said !== version) throw new Error(`it says that ${said} is out, and not ${version}`);
    for (const { name } of publishablePackages()) {
      const { "dist-tags": tags, readme } = await registry.describe(name);
      if (tags.latest !== version || !readme)
        throw new Error(`${name} is not as it should be in the registry`);
    }
    return said;
  });
  if (published === undefined) return;
  await checks.check("a release of what is out publishes nothing", () =>
    rehearsePublish(rehearsal, registry),
  );

  const own = { version: process.versions.node, path: process.execPath };
  const missing = missingNodes();
  const others = "other builds of Node install";
  if (missing !== undefined) checks.skip(others, missing);
  const nodes = missing ? [] : await checks.check(others, () => installNodes(join(folder, "nodes")));
  for (const node of [own, ...(nodes ?? [])]) {
    await checks.check(`npx @omg/gateway serves a tool on Node ${node.version}`, () =>
      serveByNpx({ directory: join(folder, `npx-${node.version}`), node: node.path, version, registry }),
    );
  }
  await checkReadmes(checks, registry, join(folder, "readmes"));
  await checkScaffold(checks, registry, join(folder, "scaffold"));
}

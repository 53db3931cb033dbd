import { join } from "node:path";
import { type Checks, expectNone } from "../checks.ts";
import { publishablePackages } from "../pack.ts";
import { checkExamples } from "./check-examples.ts";
import { checkReadmes } from "./check-readmes.ts";
import { checkScaffold } from "./check-scaffold.ts";
import { installNodes, missingNodes } from "./nodes.ts";
import { startRegistry } from "./registry.ts";
import { checkVersions, rehearsePublish, rehearseVersion } from "./rehearse-release.ts";
import { serveAsNewcomer } from "./serve-as-newcomer.ts";

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
    const newcomer = { node: node.path, version, registry };
    await checks.check(`npx @omg/gateway serves a tool on Node ${node.version}`, () =>
      serveAsNewcomer({ ...newcomer, way: "npx", directory: join(folder, `npx-${node.version}`) }),
    );
  }
  await checks.check("npm install -g @omg/gateway brings omg, which serves a tool", () =>
    serveAsNewcomer({ node: own.path, version, registry, way: "install", directory: join(folder, "omg") }),
  );
  await checkReadmes(checks, registry, join(folder, "readmes"));
  await checkExamples(checks, registry, join(folder, "examples"));
  await checkScaffold(checks, registry, join(folder, "scaffold"));
}

import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Checks, createChecks, expectNone } from "./packages/checks.ts";
import {
  type Consumer,
  importEntry,
  installConsumer,
  runBin,
  strangers,
  typeCheck,
} from "./packages/consumer.ts";
import { entriesOf } from "./packages/consumer-sources.ts";
import { checkCustomBuild, missingEngine } from "./packages/custom-build.ts";
import {
  checkContents,
  checkTypes,
  lintPackage,
  missingAssets,
  readTarball,
  type Tarball,
} from "./packages/inspect.ts";
import { buildPackages, type PublishablePackage, packPackage, publishablePackages } from "./packages/pack.ts";
import { checkPlugIn } from "./packages/plug-in.ts";

// Builds and packs every package as a release would, and checks what users get.
// `node scripts/check-packages.ts [file for the counts]`
const folder = mkdtempSync(join(tmpdir(), "omg-packages-"));
process.on("exit", () => rmSync(folder, { recursive: true, force: true }));
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, () => process.exit(1));

const checks = createChecks((line) => process.stdout.write(`${line}\n`));
await checks.check("all packages build", buildPackages);
if (checks.failed === 0) {
  const packages = publishablePackages();
  const tarballs = await checkTarballs(checks, packages);
  if (tarballs.length === packages.length) await checkConsumer(checks, tarballs);
}
process.stdout.write(`packages: ${checks.passed} passed, ${checks.failed} failed\n`);
const countsFile = process.argv[2];
if (countsFile) {
  const { passed, failed, skipped } = checks;
  writeFileSync(countsFile, JSON.stringify({ passed, failed, skipped }));
}
process.exitCode = checks.failed > 0 ? 1 : 0;

async function checkTarballs(checks: Checks, packages: readonly PublishablePackage[]): Promise<Tarball[]> {
  const tarballs: Tarball[] = [];
  for (const item of packages) {
    const tarball = await checks.check(`${item.name} packs`, async () => {
      return readTarball(await packPackage(item, folder));
    });
    if (tarball === undefined) continue;
    tarballs.push(tarball);
    await checks.check(`${item.name} has what belongs in a package, and no more`, () => {
      expectNone([...checkContents(tarball), ...missingAssets(tarball)]);
    });
    await checks.check(`${item.name} passes publint`, async () => expectNone(await lintPackage(tarball)));
    await checks.check(`${item.name} has types that resolve`, async () =>
      expectNone(await checkTypes(tarball)),
    );
  }
  return tarballs;
}

async function checkConsumer(checks: Checks, tarballs: readonly Tarball[]): Promise<void> {
  const consumer = await checks.check("the tarballs install with npm", () => {
    return installConsumer(join(folder, "consumer"), tarballs);
  });
  if (consumer === undefined) return;
  await checks.check("each of our packages is installed once, from its tarball", async () => {
    expectNone(await strangers(consumer));
  });
  await checks.check("a program that uses every entry type-checks", () => typeCheck(consumer));
  await checkRunning(checks, consumer, process.execPath);
  const missing = await missingEngine();
  const isRequired = process.env.OMG_REQUIRED_ENGINES?.split(",").includes("docker") === true;
  const name = "examples/custom-build runs a server in a container, from the tarballs";
  if (missing !== undefined && !isRequired) checks.skip(name, missing);
  else await checks.check(name, () => checkCustomBuild(folder, tarballs));
}

/** What must work under a given Node. */
async function checkRunning(checks: Checks, consumer: Consumer, node: string): Promise<void> {
  for (const entry of entriesOf(consumer.tarballs)) {
    await checks.check(`import("${entry}") works`, () => importEntry(consumer, entry, node));
  }
  const app = consumer.tarballs.find(({ manifest }) => manifest.bin?.omg);
  await checks.check("omg --version prints the version", async () => {
    const printed = (await runBin(consumer, "omg", ["--version"], node)).trim();
    if (printed !== app?.manifest.version) throw new Error(`it prints "${printed}"`);
  });
  await checks.check("omg starts a server of a catalog and calls its tool", async () => {
    const catalog = join(folder, "catalog.json");
    const file = join(consumer.directory, "node_modules/@omg/runtime-testkit/dist/scripted-server.mjs");
    const runtime = { type: "local-process", command: node, args: [file] };
    writeFileSync(catalog, JSON.stringify({ servers: [{ id: "scripted", runtime }] }));
    const printed = await runBin(
      consumer,
      "omg",
      ["call", "scripted.echo", "text=hi", "--catalog", catalog],
      node,
    );
    if (printed !== "hi\n") throw new Error(`it prints "${printed}"`);
  });
  await checks.check("omg runs a server by a runtime of somebody else", () => checkPlugIn(consumer, node));
}

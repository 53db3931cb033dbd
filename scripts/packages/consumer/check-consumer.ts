import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { type Checks, expectNone } from "../checks.ts";
import { checkWith } from "../engines.ts";
import type { Tarball } from "../tarballs/inspect.ts";
import { type Consumer, importEntry, installConsumer, runBin, strangers, typeCheck } from "./consumer.ts";
import { entriesOf } from "./consumer-sources.ts";
import { checkCustomBuild } from "./custom-build.ts";
import { checkEmbedded } from "./embedded.ts";
import { checkLightStart } from "./light-start.ts";
import { checkPlugIn } from "./plug-in.ts";

/** Installs the tarballs as a user would, and uses what is installed. */
export async function checkConsumer(
  checks: Checks,
  tarballs: readonly Tarball[],
  folder: string,
): Promise<void> {
  const consumer = await checks.check("the tarballs install with npm", () => {
    return installConsumer(join(folder, "consumer"), tarballs);
  });
  if (consumer === undefined) return;
  await checks.check("each of our packages is installed once, from its tarball", async () => {
    expectNone(await strangers(consumer));
  });
  await checks.check("a program that uses every entry type-checks", () => typeCheck(consumer));
  await checkRunning(checks, consumer, process.execPath);
  await checks.check("examples/embedded has its own routes beside a gateway, from the tarballs", () =>
    checkEmbedded(folder, tarballs),
  );
  await checkWith(
    checks,
    "docker",
    "examples/custom-build runs a server in a container, from the tarballs",
    () => checkCustomBuild(folder, tarballs),
  );
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
    const catalog = join(consumer.directory, "catalog.json");
    const file = join(consumer.directory, "node_modules/@omg/runtime-testkit/dist/scripted-server.mjs");
    const runtime = { type: "local-process", command: node, args: [file] };
    writeFileSync(catalog, JSON.stringify({ servers: [{ id: "scripted", runtime }] }));
    const args = ["call", "scripted.echo", "text=hi", "--catalog", catalog];
    const printed = await runBin(consumer, "omg", args, node);
    if (printed !== "hi\n") throw new Error(`it prints "${printed}"`);
  });
  await checks.check("omg listens before it loads fetch", () => checkLightStart(consumer, node));
  await checks.check("omg runs a server by a runtime of somebody else", () => checkPlugIn(consumer, node));
}

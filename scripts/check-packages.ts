import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createChecks } from "./packages/checks.ts";
import { checkConsumer } from "./packages/consumer/check-consumer.ts";
import { buildPackages, publishablePackages } from "./packages/pack.ts";
import { checkRelease } from "./packages/release/check-release.ts";
import { checkTarballs } from "./packages/tarballs/check-tarballs.ts";

// Builds and packs every package as a release would, and checks what users get; then makes a release into a registry of its own.
// `node scripts/check-packages.ts [file for the counts]`
const folder = mkdtempSync(join(tmpdir(), "omg-packages-"));
process.on("exit", () => rmSync(folder, { recursive: true, force: true }));
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, () => process.exit(1));

const checks = createChecks((line) => process.stdout.write(`${line}\n`));
await checks.check("all packages build", buildPackages);
if (checks.failed === 0) {
  const packages = publishablePackages();
  const tarballs = await checkTarballs(checks, packages, folder);
  if (tarballs.length === packages.length) {
    await checkConsumer(checks, tarballs, folder);
    await checkRelease(checks, folder);
  }
}
process.stdout.write(`packages: ${checks.passed} passed, ${checks.failed} failed\n`);
const countsFile = process.argv[2];
if (countsFile) {
  const { passed, failed, skipped } = checks;
  writeFileSync(countsFile, JSON.stringify({ passed, failed, skipped }));
}
process.exitCode = checks.failed > 0 ? 1 : 0;

import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempDisposable, readFile, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parse } from "yaml";
import { startGateway } from "./gateway.ts";
import { judge, readResults, type Verdict } from "./results.ts";

// Runs the official conformance suite against a server that knows every feature, behind the gateway: what fails here
// is the gateway's doing.
const revision = "2025-11-25";
const serverProgram = fileURLToPath(import.meta.resolve("./server.ts"));
const expectedFailuresFile = fileURLToPath(new URL("expected-failures.yml", import.meta.url));
const suiteProgram = import.meta.resolve("@modelcontextprotocol/conformance/dist/index.js");
const requirementsFile = new URL(`../requirements/${revision}.yaml`, suiteProgram);

const interruption = new AbortController();
for (const name of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
  process.once(name, () => interruption.abort(new Error(`Stopped by ${name}`)));
}
const { verdict, exitCode } = await run(interruption.signal);
report(verdict);
if (exitCode !== 0 || verdict.failed.length > 0 || verdict.stale.length > 0) process.exitCode = 1;

async function run(signal: AbortSignal): Promise<{ verdict: Verdict; exitCode: number }> {
  await using folder = await mkdtempDisposable(join(tmpdir(), "omg-conformance-"));
  const config = join(folder.path, "config.yaml");
  const output = join(folder.path, "results");
  await writeFile(config, configText());
  await using gateway = await startGateway({ config, stateFolder: folder.path, signal });
  // Not 127.0.0.1: the suite asks for a host name that a rebinding attack would have to imitate.
  const url = `http://localhost:${gateway.port}/servers/conformance/mcp`;
  const exitCode = await runSuite({ url, output, signal });
  const verdict = judge({
    results: await readResults(output),
    scored: await serverList(requirementsFile),
    expectedFailures: await serverList(expectedFailuresFile),
  });
  return { verdict, exitCode };
}

/** JSON, which is YAML as well. */
function configText(): string {
  const runtime = { type: "local-process", command: process.execPath, args: [serverProgram] };
  return JSON.stringify({ servers: [{ id: "conformance", runtime }] });
}

interface SuiteOptions {
  readonly url: string;
  readonly output: string;
  readonly signal: AbortSignal;
}

async function runSuite({ url, output, signal }: SuiteOptions): Promise<number> {
  const options = {
    url,
    requirements: revision,
    timeout: "10000",
    "output-dir": output,
    "expected-failures": expectedFailuresFile,
  };
  const args = Object.entries(options).flatMap(([name, value]) => [`--${name}`, value]);
  const child = spawn(process.execPath, [fileURLToPath(suiteProgram), "server", ...args], {
    stdio: ["ignore", "inherit", "inherit"],
    signal,
  });
  const [code] = (await once(child, "exit")) as [number | null];
  return code ?? 1;
}

/** Both files of the suite have this form. */
async function serverList(file: string | URL): Promise<readonly string[]> {
  const content = parse(await readFile(file, "utf8")) as { readonly server?: readonly string[] | null };
  return content.server ?? [];
}

function report({ passed, failed, expectedFailures, stale }: Verdict): void {
  const print = (line: string) => process.stdout.write(`${line}\n`);
  print(`\nRequired by ${revision}:`);
  if (expectedFailures.length > 0) {
    print(`${expectedFailures.length} expected failures: ${expectedFailures.join(", ")}`);
  }
  if (stale.length > 0) print(`Pass, but are expected to fail: ${stale.join(", ")}`);
  if (failed.length > 0) print(`Failed: ${failed.join(", ")}`);
  print(`${passed} passed, ${failed.length} failed`);
}

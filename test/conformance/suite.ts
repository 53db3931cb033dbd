import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { text } from "node:stream/consumers";
import { fileURLToPath } from "node:url";
import { type Check, type Results, readResults } from "./results.ts";
import type { Revision } from "./revisions.ts";

const program = import.meta.resolve("@modelcontextprotocol/conformance/dist/index.js");
const serverMs = 10_000;
/** The client may have to start a gateway first. */
const clientMs = 30_000;

/** What every run of the suite needs. */
export interface Workplace {
  /** Each run makes a folder of its own there. */
  readonly folder: string;
  readonly signal: AbortSignal;
}

/** One run of the suite, and what it found. */
export interface Run {
  readonly name: string;
  readonly results: Results;
  /** Of the gateway. */
  readonly log: readonly string[];
}

export interface ServerSuiteOptions extends Workplace {
  readonly revision: Revision;
  readonly url: string;
}

/** Runs the suite against a server. What it found is in the results; it throws if the suite itself failed. */
export async function runServerSuite(options: ServerSuiteOptions): Promise<Results> {
  const { revision, url, folder, signal } = options;
  const output = await mkdtemp(join(folder, "server-"));
  const args = { url, requirements: revision, timeout: String(serverMs), "output-dir": output };
  await runSuite("server", args, { summary: "=== SUMMARY ===", signal });
  return await readResults(output);
}

export interface ClientSuiteOptions extends Workplace {
  readonly revision: Revision;
  /** Of the run. */
  readonly name: string;
  /** Starts the client; the suite puts its server's URL at the end. */
  readonly command: string;
  readonly scenarios: readonly string[];
}

/** Runs scenarios against a client, one after the other. Throws if the suite itself failed. */
export async function runClientSuite(options: ClientSuiteOptions): Promise<Run> {
  const { revision, name, command, scenarios, folder, signal } = options;
  const outputs = await mkdtemp(join(folder, "client-"));
  const results = new Map<string, readonly Check[]>();
  const log: string[] = [];
  for (const scenario of scenarios) {
    const output = join(outputs, scenario);
    const args = {
      command,
      scenario,
      "spec-version": revision,
      timeout: String(clientMs),
      "output-dir": output,
    };
    const { code, words } = await runSuite("client", args, { summary: "Test Results:", signal });
    // A scenario may be of a group, which is a folder then.
    const found = await readResults(join(output, dirname(scenario)));
    const checks = found.get(basename(scenario)) ?? [];
    // A client that fails may have done before what is looked at.
    const failed: Check = {
      id: "client",
      status: "FAILURE",
      errorMessage: "The client failed, or took too long",
    };
    results.set(scenario, code === 0 ? checks : [...checks, failed]);
    if (code !== 0) log.push(...words.split("\n").filter((line) => line.startsWith('{"')));
  }
  return { name, results, log };
}

interface SuiteOptions {
  /** What it prints unless it breaks down. */
  readonly summary: string;
  readonly signal: AbortSignal;
}

async function runSuite(
  half: "server" | "client",
  options: Readonly<Record<string, string>>,
  { summary, signal }: SuiteOptions,
): Promise<{ code: number | null; words: string }> {
  const args = Object.entries(options).flatMap(([name, value]) => [`--${name}`, value]);
  const child = spawn(process.execPath, [fileURLToPath(program), half, ...args], {
    stdio: ["ignore", "pipe", "pipe"],
    signal,
  });
  const [output, complaints, [code]] = await Promise.all([
    text(child.stdout),
    text(child.stderr),
    once(child, "exit") as Promise<[number | null]>,
  ]);
  const words = output + complaints;
  // It ends with 1 when a check failed, and when it broke down: only then its summary is missing.
  if (!words.includes(summary)) throw new Error(`The suite ended with ${code}:\n${words.slice(-2_000)}`);
  return { code, words };
}

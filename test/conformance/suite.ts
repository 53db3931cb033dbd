import { spawn } from "node:child_process";
import { once } from "node:events";
import { text } from "node:stream/consumers";
import { fileURLToPath } from "node:url";
import { type Results, readResults } from "./results.ts";

const program = import.meta.resolve("@modelcontextprotocol/conformance/dist/index.js");
const scenarioMs = 10_000;

/** The revision of the protocol that the suite asks for. */
export const revision = "2025-11-25";

/** What the suite requires of a server, by scenario. */
export const requirementsFile = new URL(`../requirements/${revision}.yaml`, program);

export interface SuiteOptions {
  readonly url: string;
  /** Where the suite writes its results; it makes this folder. */
  readonly output: string;
  readonly signal: AbortSignal;
}

/** Runs the official suite against a server. What it found is in the results; it throws if the suite itself failed. */
export async function runSuite({ url, output, signal }: SuiteOptions): Promise<Results> {
  const options = { url, requirements: revision, timeout: String(scenarioMs), "output-dir": output };
  const args = Object.entries(options).flatMap(([name, value]) => [`--${name}`, value]);
  const child = spawn(process.execPath, [fileURLToPath(program), "server", ...args], {
    stdio: ["ignore", "pipe", "pipe"],
    signal,
  });
  const [words, complaints, [code]] = await Promise.all([
    text(child.stdout),
    text(child.stderr),
    once(child, "exit") as Promise<[number | null]>,
  ]);
  // It ends with 1 when a check failed, and when it broke down: only then its summary is missing.
  if (!words.includes("=== SUMMARY ===")) {
    throw new Error(`The suite ended with ${code}:\n${words.slice(-2_000)}${complaints}`);
  }
  return await readResults(output);
}

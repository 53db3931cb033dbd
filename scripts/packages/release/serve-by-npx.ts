import { type ChildProcessWithoutNullStreams, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdir } from "node:fs/promises";
import { delimiter, dirname } from "node:path";
import { createInterface } from "node:readline";
import { callTool } from "../call-tool.ts";
import { isGroupRunning, signalGroup } from "../process-group.ts";
import { run } from "../run.ts";
import type { Registry } from "./registry.ts";

export interface NpxOptions {
  /** A new folder, which is the home of the user, too. */
  readonly directory: string;
  /** The program of Node that everything runs on. */
  readonly node: string;
  /** The version that must be got. */
  readonly version: string;
  readonly registry: Registry;
}

const npx = ["-y", "@omg/gateway"];
const greeting = { server: "hello", name: "greet", arguments: { name: "you" } };
const longestMs = 60_000;

/** Does in an empty folder what a newcomer with nothing but Node does: writes a configuration, serves it, calls a tool, ends it. */
export async function serveByNpx({ directory, node, version, registry }: NpxOptions): Promise<void> {
  await mkdir(directory);
  const PATH = [dirname(node), process.env.PATH].join(delimiter);
  const env = { ...process.env, ...registry.env, PATH, HOME: directory };
  const options = { cwd: directory, env };
  const printed = (await run("npx", [...npx, "--version"], options)).trim();
  if (printed !== version) throw new Error(`it is of version ${printed}`);
  await run("npx", [...npx, "init", "my-gateway"], options);
  const flags = ["--config", "my-gateway/config.yaml", "--listen-addr", "localhost:0"];
  // A group of its own, to which signals go as from a terminal.
  const gateway = spawn("npx", [...npx, "serve", ...flags], { ...options, detached: true });
  // Its output is open as long as anything of it runs; npx itself goes at once.
  const ended = once(gateway, "close");
  let isLate = false;
  const deadline = setTimeout(() => {
    isLate = true;
    signalGroup(gateway, "SIGKILL");
  }, longestMs);
  try {
    await callTool(await endpoint(gateway), greeting, "Hello, you!");
    signalGroup(gateway, "SIGINT");
    await ended;
    if (isLate) throw new Error("it did not end in time");
    if (isGroupRunning(gateway)) throw new Error("a process of it outlives it");
  } finally {
    clearTimeout(deadline);
    signalGroup(gateway, "SIGKILL");
  }
}

/** Where it says that clients find it. */
async function endpoint({ stdout, stderr }: ChildProcessWithoutNullStreams): Promise<string> {
  let words = "";
  stderr.setEncoding("utf8").on("data", (text: string) => {
    words += text;
  });
  for await (const line of createInterface(stdout)) {
    const [url] = /http:\/\/\S+\/mcp/.exec(line) ?? [];
    if (url !== undefined) return url;
  }
  throw new Error(`it ended before it listened: ${words}`);
}

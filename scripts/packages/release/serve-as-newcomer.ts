import { type ChildProcessWithoutNullStreams, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdir } from "node:fs/promises";
import { delimiter, dirname, join } from "node:path";
import { createInterface } from "node:readline";
import { callTool } from "../call-tool.ts";
import { isGroupRunning, signalGroup } from "../process-group.ts";
import { run } from "../run.ts";
import type { Registry } from "./registry.ts";

export interface NewcomerOptions {
  /** A new folder, which is the home of the user, too. */
  readonly directory: string;
  /** The program of Node that everything runs on. */
  readonly node: string;
  /** The version that must be got. */
  readonly version: string;
  readonly registry: Registry;
  /** How the gateway is run: from the registry each time, or installed once. */
  readonly way: "npx" | "install";
}

const greeting = { server: "hello", name: "greet", arguments: { name: "you" } };
const longestMs = 60_000;

/** Does in an empty folder what a newcomer with nothing but Node does: writes a configuration, calls a tool, serves it, ends it. */
export async function serveAsNewcomer(newcomer: NewcomerOptions): Promise<void> {
  const { directory, version, registry } = newcomer;
  await mkdir(directory);
  const prefix = join(directory, "installed");
  const PATH = [dirname(newcomer.node), join(prefix, "bin"), process.env.PATH].join(delimiter);
  const env = { ...process.env, ...registry.env, npm_config_prefix: prefix, PATH, HOME: directory };
  const options = { cwd: directory, env };
  if (newcomer.way === "install") await run("npm", ["install", "--global", "@omg/gateway"], options);
  const [program, ...first] = newcomer.way === "npx" ? ["npx", "-y", "@omg/gateway"] : ["omg"];
  const omg = (...args: readonly string[]) => run(program, [...first, ...args], options);

  const printed = (await omg("--version")).trim();
  if (printed !== version) throw new Error(`it is of version ${printed}`);
  await omg("init", "my-gateway");
  const config = ["--config", "my-gateway/config.yaml"];
  const greeted = await omg("call", "hello.greet", "name=you", ...config);
  if (greeted !== "Hello, you!\n") throw new Error(`it prints "${greeted}"`);
  // A group of its own, to which signals go as from a terminal.
  const flags = [...config, "--listen-addr", "localhost:0"];
  const gateway = spawn(program, [...first, "serve", ...flags], { ...options, detached: true });
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

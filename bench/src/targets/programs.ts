import { fileURLToPath } from "node:url";
import { launchHttpTarget } from "./http-target.ts";
import { fixtureFile, type Launcher } from "./launcher.ts";
import type { RunningTarget } from "./target.ts";

export interface ProgramOptions {
  /** Arguments of the fixture behind it. */
  readonly fixture?: readonly string[];
}

export interface ByHandOptions extends ProgramOptions {
  /** Of a server over HTTP that stands behind it, in place of the fixture. */
  readonly url?: string;
}

/** Bare `node:http` that answers the same few bytes to everything. */
export function launchHello(launcher: Launcher): Promise<RunningTarget> {
  return launchHelloProgram(launcher, "hello");
}

/** The same with Hono. */
export function launchHono(launcher: Launcher): Promise<RunningTarget> {
  return launchHelloProgram(launcher, "hono");
}

/** The byte forwarder: the practical limit of Node. */
export function launchForwarder(launcher: Launcher, options: ProgramOptions = {}): Promise<RunningTarget> {
  const args = [program("forwarder"), fixtureFile, ...(options.fixture ?? [])];
  return launchHttpTarget(launcher, { name: "forwarder", command: process.execPath, args });
}

/** The byte forwarder in front of a server over HTTP. */
export function launchHttpForwarder(launcher: Launcher, url: string): Promise<RunningTarget> {
  const args = [program("http-forwarder"), url];
  return launchHttpTarget(launcher, { name: "forwarder", command: process.execPath, args });
}

/** What one writes by hand with the SDK and express. */
export function launchByHand(launcher: Launcher, options: ByHandOptions = {}): Promise<RunningTarget> {
  const behind = options.url === undefined ? [fixtureFile, ...(options.fixture ?? [])] : [options.url];
  const args = [program("sdk-by-hand"), ...behind];
  return launchHttpTarget(launcher, { name: "by-hand", command: process.execPath, args });
}

function launchHelloProgram(launcher: Launcher, name: "hello" | "hono"): Promise<RunningTarget> {
  const entrance = { answers: false };
  return launchHttpTarget(launcher, { name, command: process.execPath, args: [program(name)], entrance });
}

function program(name: string): string {
  return fileURLToPath(new URL(`programs/${name}.mjs`, import.meta.url));
}

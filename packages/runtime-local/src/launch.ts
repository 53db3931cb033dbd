import { type ChildProcessWithoutNullStreams, spawn } from "node:child_process";
import { promises as files } from "node:fs";
import { join, resolve } from "node:path";
import { OmgError, type StartRequest } from "@omg/core/runtime";
import type { Janitor } from "./janitor.ts";
import { markersOf } from "./marked-processes.ts";
import type { LocalOptions } from "./options.ts";
import { missingFolder, spawnFailed } from "./spawn-errors.ts";

export interface Launched {
  readonly child: ChildProcessWithoutNullStreams;
  /** Process id of the child, and id of its process group. */
  readonly pid: number;
}

/** Spawns the server's process. Rejects with an `OmgError` and leaves nothing when it can not, or `signal` aborts. */
export async function launch(request: StartRequest<LocalOptions>, janitor: Janitor): Promise<Launched> {
  throwIfAborted(request);
  const { server, options, env, baseDirectory } = request;
  const folder = pathFrom(options.working_dir ?? ".", env, baseDirectory);
  const command = options.command.includes("/")
    ? pathFrom(options.command, env, baseDirectory)
    : options.command;
  if (!(await isFolder(folder))) throw missingFolder(server, folder);
  throwIfAborted(request);

  // The janitor knows the owner before the process exists, so that no moment is unguarded.
  if (!janitor.watch(request.owner)) {
    request.log("No janitor: /bin/sh did not start. If the gateway is killed, this server may outlive it.");
  }
  let child: ChildProcessWithoutNullStreams;
  try {
    // Spawning is synchronous: nothing can be aborted between here and the return.
    child = spawn(command, options.args, {
      cwd: folder,
      env: { ...withoutFunctions(env), ...markersOf(request) },
      detached: true,
      shell: false,
      stdio: "pipe",
      windowsHide: true,
    });
  } catch (error) {
    throw spawnFailed(server, command, error);
  }
  const { pid } = child;
  if (pid === undefined) {
    const error = await new Promise((settle) => child.once("error", settle));
    throw spawnFailed(server, command, error);
  }
  janitor.add(pid);
  return { child, pid };
}

function throwIfAborted({ server, signal }: StartRequest<LocalOptions>): void {
  if (!signal.aborted) return;
  const cause: unknown = signal.reason;
  if (OmgError.is(cause)) throw cause;
  throw new OmgError("cancelled", {
    server,
    cause,
    message: `The start of server '${server}' was cancelled`,
  });
}

function pathFrom(path: string, env: Readonly<Record<string, string>>, baseDirectory: string): string {
  const home = env.HOME;
  if (home !== undefined && (path === "~" || path.startsWith("~/"))) return join(home, path.slice(1));
  return resolve(baseDirectory, path);
}

async function isFolder(path: string): Promise<boolean> {
  try {
    return (await files.stat(path)).isDirectory();
  } catch {
    return false;
  }
}

/** Exported shell functions are code, not data: old shells run what stands behind them. */
function withoutFunctions(env: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(env).filter(([, value]) => !value.startsWith("()")));
}

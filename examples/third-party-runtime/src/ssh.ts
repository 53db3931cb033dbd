import { type ChildProcessWithoutNullStreams, execFile, spawn } from "node:child_process";
import { join, resolve } from "node:path";
import { promisify } from "node:util";
import { unless } from "@omg/core/runtime";
import type { SshOptions } from "./options.ts";
import { remoteCommand } from "./remote-script.ts";

/** What the gateway's own side brings to a connection. */
export interface Here {
  /** The environment of `ssh`: where its agent is, and what its own helpers need. */
  readonly hostEnv: Readonly<Record<string, string | undefined>>;
  /** Relative paths of options start here. */
  readonly baseDirectory: string;
}

export interface Script {
  readonly text: string;
  /** What `ps` shows of it on the other machine. */
  readonly title: string;
}

/** Whether this machine has `ssh`. */
export async function hasSsh(env: Here["hostEnv"], signal: AbortSignal): Promise<boolean> {
  try {
    await promisify(execFile)("ssh", ["-V"], { env, signal });
    return true;
  } catch {
    return false;
  }
}

/** Has the user's own `ssh` run a script on the other machine. Rejects if there is no `ssh`. */
export async function openSsh(
  options: SshOptions,
  script: Script,
  here: Here,
): Promise<ChildProcessWithoutNullStreams> {
  const command = remoteCommand(script.text, script.title);
  const child = spawn("ssh", [...sshArguments(options, here), command], {
    env: here.hostEnv,
    // A group of its own: what ssh itself starts (ProxyCommand, ProxyJump) ends with it, and Ctrl-C does not reach it.
    detached: true,
    stdio: "pipe",
  });
  child.stdin.on("error", () => {});
  child.stdout.on("error", () => {});
  await new Promise((settle, reject) => child.once("spawn", settle).once("error", reject));
  child.stdin.write(script.text);
  return child;
}

/** Runs a script to its end; rejects with the last words said there if it fails, and with the signal's reason. */
export async function runScript(
  options: SshOptions,
  script: Script,
  here: Here & { readonly signal: AbortSignal },
): Promise<void> {
  here.signal.throwIfAborted();
  const child = await openSsh(options, script, here);
  let words = "";
  child.stderr.setEncoding("utf8").on("data", (chunk: string) => {
    words = `${words}${chunk}`.slice(-1_000);
  });
  child.stdout.resume();
  child.stdin.end();
  const ended = new Promise<number | null>((settle) => child.once("close", settle));
  try {
    const code = await unless(here.signal, ended);
    if (code !== 0) throw new Error(`${options.host}: ${words.trim() || `exit code ${code}`}`);
  } finally {
    killSsh(child);
  }
}

/** Ends `ssh` and what it has started here. The other machine notices, and ends the server. */
export function killSsh({ pid }: ChildProcessWithoutNullStreams): void {
  try {
    if (pid !== undefined) process.kill(-pid, "SIGKILL");
  } catch {
    // Nothing of it is left.
  }
}

function sshArguments(options: SshOptions, here: Here): string[] {
  const { host, user, port, identity_file, config_file, connect_timeout } = options;
  const path = (file: string) =>
    file.startsWith("~/") ? join(here.hostEnv.HOME ?? "/", file.slice(2)) : resolve(here.baseDirectory, file);
  const settings = {
    // Nobody is there to answer a question.
    BatchMode: "yes",
    ConnectTimeout: connect_timeout,
    // A connection that has gone silent counts as lost after 45 seconds.
    ServerAliveInterval: 15,
    ServerAliveCountMax: 3,
    // The connection ends with the server, so it is shared with nothing else, and carries nothing else.
    ControlMaster: "no",
    ControlPath: "none",
    ClearAllForwardings: "yes",
    ForwardAgent: "no",
    ForwardX11: "no",
    RemoteCommand: "none",
    RequestTTY: "no",
  };
  return [
    ...(config_file === undefined ? [] : ["-F", path(config_file)]),
    ...(identity_file === undefined ? [] : ["-i", path(identity_file), "-o", "IdentitiesOnly=yes"]),
    ...(user === undefined ? [] : ["-l", user]),
    ...(port === undefined ? [] : ["-p", String(port)]),
    ...Object.entries(settings).flatMap(([name, value]) => ["-o", `${name}=${value}`]),
    "--",
    host,
  ];
}

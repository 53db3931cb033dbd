import { execFile } from "node:child_process";

export interface RunOptions {
  readonly cwd: string;
  readonly env?: Readonly<Record<string, string | undefined>>;
  readonly timeoutMs?: number;
}

/** Runs a command and gives its stdout. Fails with the command's last words. */
export function run(command: string, args: readonly string[], options: RunOptions): Promise<string> {
  const settings = {
    cwd: options.cwd,
    env: { ...process.env, ...options.env },
    timeout: options.timeoutMs ?? 300_000,
    killSignal: "SIGKILL",
    maxBuffer: 2 ** 26,
  } as const;
  return new Promise((resolve, reject) => {
    const child = execFile(command, args, settings, (error, stdout, stderr) => {
      if (error === null) return resolve(stdout);
      const end = error.killed ? "timed out" : `exited with ${error.code ?? error.signal}`;
      const words = `${stdout}\n${stderr}`.trim().split("\n").slice(-40).join("\n");
      reject(new Error(`${[command, ...args].join(" ")} ${end}\n${words}`));
    });
    child.stdin?.end();
  });
}

import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";

export interface ExampleProgram {
  /** Where it is installed. */
  readonly directory: string;
  readonly file: string;
  readonly env?: Readonly<Record<string, string>>;
}

const longestMs = 60_000;

/**
 * Runs a program of an example, which prints the address of its gateway first, and asks a tool `echo` there. `visit` may look
 * around before it is told to stop. Gives what it has printed. Rejects if the answer is wrong, or its end.
 */
export async function runExample(
  { directory, file, env }: ExampleProgram,
  visit: (url: string) => Promise<void> = async () => {},
): Promise<string[]> {
  const program = spawn(process.execPath, [file], {
    cwd: directory,
    env: { ...process.env, ...env, PORT: "0" },
    stdio: ["ignore", "pipe", "inherit"],
  });
  const deadline = setTimeout(() => program.kill("SIGKILL"), longestMs);
  const printed: string[] = [];
  const lines = createInterface(program.stdout).on("line", (line) => printed.push(line));
  const exit = once(program, "exit");
  try {
    await Promise.race([once(lines, "line"), once(lines, "close")]);
    const [url] = printed;
    if (url === undefined) throw new Error("it ended before it listened");
    await callEcho(url);
    await visit(url);
    program.kill("SIGINT");
    const [code, signal] = await exit;
    if (code !== 0) throw new Error(`it ended with ${code ?? signal}`);
    return printed;
  } finally {
    clearTimeout(deadline);
    program.kill("SIGKILL");
  }
}

async function callEcho(url: string): Promise<void> {
  const answer = await fetch(url, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({
      jsonrpc: "2.0",
      id: 1,
      method: "tools/call",
      server_id: "everything",
      params: { name: "echo", arguments: { message: "hi" } },
    }),
  });
  const text = await answer.text();
  if (!text.includes("Echo: hi")) throw new Error(`it answers ${text}`);
}

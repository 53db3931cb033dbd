import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { callTool } from "../call-tool.ts";

export interface ExampleProgram {
  /** Where it is installed. */
  readonly directory: string;
  readonly file: string;
  readonly env?: Readonly<Record<string, string>>;
}

const echo = { server: "everything", name: "echo", arguments: { message: "hi" } };
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
    await callTool(url, echo, "Echo: hi");
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

import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";

/** The evil server in a process of its own, reached over HTTP. */
export class EvilHttpServer implements AsyncDisposable {
  readonly #child: ChildProcess;
  readonly #port: number;

  private constructor(child: ChildProcess, port: number) {
    this.#child = child;
    this.#port = port;
  }

  static async start(program: string, mode: string, mark: string): Promise<EvilHttpServer> {
    const args = [program, `--mode=${mode}`, "--http", mark];
    const child = spawn(process.execPath, args, { stdio: ["pipe", "pipe", "inherit"] });
    const [line] = await once(createInterface({ input: child.stdout }), "line");
    return new EvilHttpServer(child, Number(line));
  }

  get pid(): number | undefined {
    return this.#child.pid;
  }

  /** The catalog's way to it. */
  get runtime(): object {
    const url = `http://127.0.0.1:${this.#port}/mcp`;
    return { type: "remote-sse", url, allow_private_network: true };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#child.exitCode !== null) return;
    const exited = once(this.#child, "exit");
    this.#child.kill("SIGKILL");
    await exited;
  }
}

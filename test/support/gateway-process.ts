import { type ChildProcessWithoutNullStreams, spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { bins, type Sandbox } from "../../apps/gateway/test/support/omg.ts";

/** A gateway as users run it, serving HTTP or a client on its stdin and stdout. */
export class GatewayProcess {
  readonly child: ChildProcessWithoutNullStreams;
  /** What it has logged so far. */
  readonly log: Record<string, unknown>[] = [];
  readonly #exited: Promise<unknown>;
  readonly #heard = new Set<() => void>();

  constructor(sandbox: Sandbox, command: "serve" | "stdio", config: string) {
    const listen = command === "serve" ? ["--listen-addr", "localhost:0"] : [];
    const args = [bins.omg, command, "--config", config, ...listen, "--log-level", "info"];
    const { NODE_DISABLE_COMPILE_CACHE: _, ...env } = sandbox.env;
    this.child = spawn(process.execPath, ["--unhandled-rejections=strict", ...args], {
      env,
      cwd: sandbox.folder,
    });
    this.child.stdin.on("error", () => {});
    this.#exited = once(this.child, "exit");
    createInterface({ input: this.child.stderr }).on("line", (line) => {
      this.log.push(line.startsWith("{") ? JSON.parse(line) : { message: line });
      for (const heard of this.#heard) heard();
    });
  }

  get isAlive(): boolean {
    return this.child.exitCode === null && this.child.signalCode === null;
  }

  /** Resolves with the first log entry that `fits`, also one that came before; rejects when the gateway ends. */
  async logged(fits: (entry: Record<string, unknown>) => boolean): Promise<Record<string, unknown>> {
    const { promise, resolve, reject } = Promise.withResolvers<Record<string, unknown>>();
    const look = () => {
      const found = this.log.find(fits);
      if (found) resolve(found);
    };
    this.#heard.add(look);
    look();
    void this.#exited.then(() =>
      reject(new Error(`the gateway ended: ${JSON.stringify(this.log.slice(-5))}`)),
    );
    return promise.finally(() => this.#heard.delete(look));
  }

  /** Once it serves HTTP. */
  async url(): Promise<string> {
    const { port } = await this.logged(({ message }) => message === "Listening");
    return `http://localhost:${port}`;
  }

  /** Ends it as a user would, and gives its exit code; a gateway that does not end is killed. */
  async stop(): Promise<number | NodeJS.Signals | null> {
    if (this.isAlive) this.child.kill("SIGTERM");
    const timer = setTimeout(() => this.child.kill("SIGKILL"), 40_000);
    await this.#exited;
    clearTimeout(timer);
    return this.child.signalCode ?? this.child.exitCode;
  }
}

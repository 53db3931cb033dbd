import { type ChildProcessWithoutNullStreams, spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { createInterface } from "node:readline";
import { bins, type Sandbox } from "../../apps/gateway/test/support/omg.ts";
import { takeAlong } from "../../apps/gateway/test/support/take-along.ts";

/** Of a clock tick in /proc. */
const tickMs = 10;

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
    takeAlong(this.child);
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

  /** The most memory it has had so far. Linux only. */
  get peakBytes(): number {
    const status = readFileSync(`/proc/${this.child.pid}/status`, "utf8");
    return Number(/^VmHWM:\s+(\d+) kB$/m.exec(status)?.[1]) * 1024;
  }

  /** The processor time it has used so far, in milliseconds. Linux only. */
  get cpuMs(): number {
    const stat = readFileSync(`/proc/${this.child.pid}/stat`, "utf8");
    const [user, system] = stat
      .slice(stat.lastIndexOf(") ") + 2)
      .split(" ")
      .slice(11, 13);
    return (Number(user) + Number(system)) * tickMs;
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

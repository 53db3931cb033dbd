import { type ChildProcessWithoutNullStreams, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { scriptedServer } from "@omg/runtime-testkit";
import { stringify } from "yaml";
import { takeAlong } from "./take-along.ts";

export const repository = fileURLToPath(new URL("../../../../", import.meta.url));
export const quickStart = join(repository, "examples/quick-start");
export const bins = {
  omg: join(repository, "apps/gateway/src/bin/omg.mjs"),
  http: join(repository, "apps/gateway/src/bin/gateway-http.mjs"),
  stdio: join(repository, "apps/gateway/src/bin/gateway-stdio.mjs"),
};

/** A folder of its own for configuration and state, gone at the end. */
export class Sandbox implements Disposable {
  readonly folder = mkdtempSync(join(tmpdir(), "omg-test-"));

  write(name: string, content: string | object): string {
    const path = join(this.folder, name);
    writeFileSync(path, typeof content === "string" ? content : stringify(content));
    return path;
  }

  /** A catalog of scripted servers, by id and arguments. */
  catalog(servers: Record<string, readonly string[]>, more: Record<string, object> = {}): string {
    const entries = Object.entries(servers).map(([id, args]) => ({
      id,
      runtime: scripted(...args),
      ...more[id],
    }));
    return this.write("catalog.yaml", { servers: entries });
  }

  get env(): NodeJS.ProcessEnv {
    // Containers run in the engine in which the tests found their images.
    const { PATH, HOME, DOCKER_HOST } = process.env;
    const XDG_STATE_HOME = join(this.folder, "state");
    return { PATH, HOME, DOCKER_HOST, XDG_STATE_HOME, NODE_DISABLE_COMPILE_CACHE: "1" };
  }

  [Symbol.dispose](): void {
    rmSync(this.folder, { recursive: true, force: true });
  }
}

/** The `runtime` of a scripted server. */
export function scripted(...args: readonly string[]): { type: string; command: string; args: string[] } {
  const server = scriptedServer(...args);
  return { type: "local-process", command: process.execPath, args: [server.file, ...server.args] };
}

export interface Finished {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs a command to its end. */
export async function run(
  sandbox: Sandbox,
  bin: string,
  args: readonly string[],
  options: { input?: string; env?: NodeJS.ProcessEnv; cwd?: string; uid?: number } = {},
): Promise<Finished> {
  const { uid } = options;
  const child = spawn(process.execPath, [bin, ...args], {
    env: { ...sandbox.env, ...options.env },
    cwd: options.cwd ?? sandbox.folder,
    ...(uid === undefined ? {} : { uid }),
  });
  let stdout = "";
  let stderr = "";
  child.stdout.setEncoding("utf8").on("data", (chunk: string) => {
    stdout += chunk;
  });
  child.stderr.setEncoding("utf8").on("data", (chunk: string) => {
    stderr += chunk;
  });
  child.stdin.on("error", () => {});
  child.stdin.end(options.input ?? "");
  const [code] = (await once(child, "close")) as [number | null];
  return { code, stdout, stderr };
}

/** A gateway in a process of its own, on a free port. */
export class RunningGateway implements AsyncDisposable {
  readonly process: ChildProcessWithoutNullStreams;
  readonly log: Record<string, unknown>[] = [];
  url = "";
  stdout = "";
  readonly #heard = new Set<() => void>();

  private constructor(process: ChildProcessWithoutNullStreams) {
    this.process = process;
    process.stdout.setEncoding("utf8").on("data", (chunk: string) => {
      this.stdout += chunk;
    });
    createInterface({ input: process.stderr }).on("line", (line) => {
      this.log.push(line.startsWith("{") ? JSON.parse(line) : { message: line });
      for (const heard of this.#heard) heard();
    });
  }

  static async start(
    sandbox: Sandbox,
    args: readonly string[],
    env: NodeJS.ProcessEnv = {},
    bin = bins.omg,
    through: readonly string[] = [],
  ): Promise<RunningGateway> {
    const command = bin === bins.omg ? ["serve"] : [];
    const line = [process.execPath, bin, ...command, "--listen-addr", "localhost:0", ...args];
    // The program of `through`, if there is one, runs the line that follows its own arguments.
    const [program = "", ...rest] = [...through, ...line];
    const child = spawn(program, rest, {
      env: { ...sandbox.env, ...env },
      cwd: sandbox.folder,
    });
    takeAlong(child);
    const gateway = new RunningGateway(child);
    const exited = once(child, "exit").then(() => {
      throw new Error(`the gateway ended: ${JSON.stringify(gateway.log)}`);
    });
    exited.catch(() => {});
    const listening = await Promise.race([gateway.logged("Listening"), exited]);
    gateway.url = `http://localhost:${listening.port}`;
    return gateway;
  }

  /** Resolves with the first log entry of a message, also one that came before. */
  logged(message: string, server?: string): Promise<Record<string, unknown>> {
    return new Promise((resolve) => {
      const look = () => {
        const found = this.log.find(
          (entry) => entry.message === message && (server === undefined || entry.server_id === server),
        );
        if (!found) return;
        this.#heard.delete(look);
        resolve(found);
      };
      this.#heard.add(look);
      look();
    });
  }

  /** Resolves with the log entries whose message starts so, once there are as many. */
  loggedTimes(start: string, count: number): Promise<Record<string, unknown>[]> {
    return new Promise((resolve) => {
      const look = () => {
        const found = this.log.filter(({ message }) => String(message).startsWith(start));
        if (found.length < count) return;
        this.#heard.delete(look);
        resolve(found);
      };
      this.#heard.add(look);
      look();
    });
  }

  async json(path: string, init: RequestInit = {}): Promise<Record<string, unknown>> {
    return (await (await fetch(this.url + path, init)).json()) as Record<string, unknown>;
  }

  async rpc(server: string, method: string, params?: object): Promise<Record<string, unknown>> {
    const response = await fetch(`${this.url}/rpc`, {
      method: "POST",
      headers: { "content-type": "application/json", "x-server-id": server },
      body: JSON.stringify({ jsonrpc: "2.0", id: 1, method, params }),
    });
    return (await response.json()) as Record<string, unknown>;
  }

  /** Calls a tool of a scripted server and gives its text. */
  async call(server: string, name: string, args: object = {}): Promise<string> {
    const answer = await this.rpc(server, "tools/call", { name, arguments: args });
    const result = answer.result as { content: { text: string }[] } | undefined;
    if (!result) throw new Error(JSON.stringify(answer));
    return result.content[0]?.text ?? "";
  }

  /** Ends the gateway as a user would, and gives its exit code. */
  async stop(signal: NodeJS.Signals = "SIGTERM"): Promise<number | null> {
    if (this.process.exitCode !== null || this.process.signalCode !== null) return this.process.exitCode;
    const ended = once(this.process, "exit");
    this.process.kill(signal);
    const [code] = (await ended) as [number | null];
    return code;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
  }
}

import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { bins, RunningGateway, Sandbox } from "../omg.ts";
import { isRunning, processesWith, until } from "../processes.ts";
import type { Command, Target } from "./sdk-lines.ts";

/** Servers and clients from npm, as their packages' names. */
type PackageName =
  | `@modelcontextprotocol/server-${"everything" | "filesystem" | "memory"}`
  | "chrome-devtools-mcp"
  | "mcp-remote";

export interface Entry {
  readonly package: PackageName;
  readonly args?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  readonly scope?: "shared" | "session";
  /** Where the gateway runs it. Default: as a process of this machine. */
  readonly runtime?: object;
}

/** How a client gets to the gateway. */
export interface Place {
  readonly front: "http" | "stdio";
  /** The server, if it is to be the only one. */
  readonly one?: string | undefined;
}

/** The program of an installed package. */
export function programOf(name: PackageName): string {
  const file = createRequire(import.meta.url).resolve(`${name}/package.json`);
  const { bin } = JSON.parse(readFileSync(file, "utf8"));
  return join(file, "..", bin[name] ?? Object.values(bin)[0]);
}

/** A folder for a catalog of real servers, all that was started for it, and the proof that nothing of it stays. */
export class Stage implements AsyncDisposable {
  readonly sandbox = new Sandbox();
  readonly #clients: AsyncDisposable[] = [];
  readonly #entries: Readonly<Record<string, Entry>>;
  readonly #config: string;
  #gateway: Promise<RunningGateway> | undefined;

  constructor(entries: (sandbox: Sandbox) => Readonly<Record<string, Entry>>) {
    this.#entries = entries(this.sandbox);
    const servers = Object.entries(this.#entries).map(([id, { scope = "shared", runtime }]) => {
      const { env, ...program } = this.direct(id);
      return { id, scope, env, runtime: runtime ?? { type: "local-process", ...program } };
    });
    this.#config = this.sandbox.write("config.yaml", { hot_reload: false, servers });
  }

  /** Starts a server without a gateway. */
  direct(id: string): Command {
    const { package: name, args = [], env = {} } = this.#entries[id] as Entry;
    const mark = { OMG_TEST_STAGE: this.sandbox.folder };
    return { command: process.execPath, args: [programOf(name), ...args], env: { ...env, ...mark } };
  }

  /** The gateway that all clients over HTTP share. */
  gateway(): Promise<RunningGateway> {
    this.#gateway ??= RunningGateway.start(this.sandbox, ["--config", this.#config]);
    return this.#gateway;
  }

  async target({ front, one }: Place): Promise<Target> {
    if (front === "http") {
      const { url } = await this.gateway();
      return new URL(one === undefined ? "/mcp" : `/servers/${one}/mcp`, url);
    }
    const only = one === undefined ? [] : ["--server", one];
    return this.program(bins.omg, ["stdio", "--config", this.#config, ...only]);
  }

  /** A program of Node's that counts as part of the stage. */
  program(file: string, args: readonly string[], env: Readonly<Record<string, string>> = {}): Command {
    const ours = this.sandbox.env as Record<string, string>;
    return { command: process.execPath, args: [file, ...args], env: { ...ours, ...env } };
  }

  /** Disposes of a client at the end. */
  use<T extends AsyncDisposable>(client: T): T {
    this.#clients.push(client);
    return client;
  }

  /** The processes that run a package's program here. */
  running(name: PackageName): number[] {
    const here = new Set(processesWith(this.sandbox.folder));
    return processesWith(programOf(name)).filter((pid) => here.has(pid));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    using _ = this.sandbox;
    const pids = processesWith(this.sandbox.folder);
    // Several of these wait two seconds for a process that does not end by itself.
    const ends = this.#clients.map((client) => client[Symbol.asyncDispose]());
    await Promise.all([...ends, this.#gateway?.then((gateway) => gateway.stop())]);
    await until(() => !pids.some(isRunning), 10_000);
    const left = processesWith(this.sandbox.folder);
    if (left.length > 0) throw new Error(`left behind: ${left.join(", ")}`);
  }
}

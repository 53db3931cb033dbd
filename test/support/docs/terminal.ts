import { type ChildProcessWithoutNullStreams, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, globSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import type { AddressInfo } from "node:net";
import { createServer } from "node:net";
import { join } from "node:path";
import { Sandbox } from "../../../apps/gateway/test/support/omg.ts";
import { repositoryRoot } from "../workspace.ts";

const shownPort = "4444";
const shownHome = "/home/you";
/** An image that readers can pull, and what the tests have of the same server. */
const shownImage = "mcp/everything";
const ourImage = "omg-test/everything:1";
const endOfStep = "end-of-step";
const longestStepMs = 60_000;

export interface TerminalOptions {
  /** Variables that the reader has set. */
  readonly env?: Readonly<Record<string, string>>;
  /** A folder of the repository whose YAML files the reader has copied. */
  readonly copied?: string;
  /** What a page says, and what stands for it here. */
  readonly standIns?: Readonly<Record<string, string>>;
}

/**
 * What a reader of one page has before them: a shell in an empty home folder, and a second one with the gateway that the
 * page starts. The page's port is another one here, so that pages can be run side by side.
 */
export class Terminal implements AsyncDisposable {
  readonly #sandbox = new Sandbox();
  readonly #shell: ChildProcessWithoutNullStreams;
  readonly #port: number;
  readonly #env: Readonly<Record<string, string>>;
  /** Pairs of what a page says and what it is here. */
  readonly #standIns: readonly (readonly [string, string])[];
  #output = "";
  #onOutput: () => unknown = () => {};
  #gateway: ChildProcessWithoutNullStreams | undefined;
  #gatewayOutput = "";

  private constructor(port: number, { env = {}, copied, standIns = {} }: TerminalOptions) {
    this.#port = port;
    this.#env = env;
    this.#standIns = [
      ...Object.entries(standIns),
      [`:${shownPort}`, `:${port}`],
      [shownHome, this.#sandbox.folder],
      [shownImage, ourImage],
    ];
    // As in a clone after its first `npm start`.
    this.#copy("examples/quick-start", "examples/quick-start");
    if (copied !== undefined) this.#copy(copied, ".");
    else symlinkSync(join(repositoryRoot, "node_modules"), join(this.#sandbox.folder, "node_modules"));
    this.#shell = this.#spawn("exec bash --noprofile --norc 2>&1");
    this.#shell.stdout.setEncoding("utf8").on("data", (chunk: string) => {
      this.#output += chunk;
      this.#onOutput();
    });
  }

  static async open(options: TerminalOptions = {}): Promise<Terminal> {
    return new Terminal(await freePort(), options);
  }

  /** Runs a command to its end; gives its output as the page would show it, and its exit code. */
  async run(command: string): Promise<{ output: string; code: number }> {
    this.#output = "";
    // The command must not read what is written here for the steps after it.
    this.#shell.stdin.write(`{ ${this.#here(command)}\n} </dev/null; printf '\\n${endOfStep} %d\\n' $?\n`);
    // A configuration that the command wrote must name this run's port.
    this.#shell.stdin.write(
      `if grep -qs :${shownPort} config.yaml; then sed -i s/:${shownPort}/:${this.#port}/ config.yaml; fi\n`,
    );
    const end = new RegExp(`\n${endOfStep} (\\d+)\n$`);
    await inTime(`it did not end: ${command}`, (resolve) => {
      this.#onOutput = () => end.test(this.#output) && resolve();
    }).catch((error: Error) => {
      throw new Error(`${error.message}\n${this.#output}`);
    });
    const code = Number(end.exec(this.#output)?.[1]);
    return { output: this.#shown(this.#output.replace(end, "")), code };
  }

  /** Starts a gateway; gives what it has printed once `isComplete` says so, or after a while. */
  async serve(command: string, isComplete: (output: string) => boolean): Promise<string> {
    if (this.#gateway) throw new Error("a page starts one gateway");
    const folder = await this.#folder();
    const gateway = this.#spawn(`cd '${folder}' && exec ${this.#here(command)}`);
    this.#gateway = gateway;
    gateway.stderr.resume();
    await inTime("the gateway does not print what the page shows", (resolve) => {
      gateway.stdout.setEncoding("utf8").on("data", (chunk: string) => {
        this.#gatewayOutput += chunk;
        if (isComplete(this.#shown(this.#gatewayOutput))) resolve();
      });
    }).catch(() => {});
    return this.#shown(this.#gatewayOutput);
  }

  /** Writes a file into the shell's folder; a gateway has taken notice of the change of an old one when this resolves. */
  async write(name: string, text: string): Promise<void> {
    const file = join(await this.#folder(), name);
    const before = existsSync(file) ? await this.#catalogState() : undefined;
    writeFileSync(file, this.#here(text));
    if (before === undefined) return;
    const end = performance.now() + longestStepMs;
    while ((await this.#catalogState()) === before) {
      if (performance.now() > end) throw new Error(`the gateway takes no notice of ${name}`);
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }

  /** Ends the gateway as the reader would, and gives its exit code. */
  async stop(): Promise<number | null> {
    const gateway = this.#gateway;
    if (!gateway) return 0;
    if (gateway.exitCode === null && gateway.signalCode === null) {
      const ended = once(gateway, "exit");
      gateway.kill("SIGINT");
      await ended;
    }
    return gateway.exitCode;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
    const { pid, exitCode } = this.#shell;
    if (pid !== undefined && exitCode === null) {
      const ended = once(this.#shell, "close");
      // With everything that was started in it.
      process.kill(-pid, "SIGHUP");
      await ended;
    }
    this.#sandbox[Symbol.dispose]();
  }

  async #folder(): Promise<string> {
    const { output } = await this.run("pwd");
    return output.trim().replace(shownHome, this.#sandbox.folder);
  }

  /** Changes with every reload, also with one that was refused. */
  async #catalogState(): Promise<string | undefined> {
    if (!this.#gateway) return undefined;
    const response = await fetch(`http://localhost:${this.#port}/stats`);
    const { last_reload, config_problems } = (await response.json()) as Record<string, unknown>;
    return JSON.stringify([last_reload, config_problems]);
  }

  #spawn(command: string): ChildProcessWithoutNullStreams {
    const { folder, env } = this.#sandbox;
    const bins = join(repositoryRoot, "node_modules/.bin");
    const cache = join(repositoryRoot, "node_modules/.cache/docs");
    return spawn("bash", ["-c", command], {
      cwd: folder,
      detached: true,
      env: {
        ...env,
        ...this.#env,
        HOME: folder,
        PATH: `${bins}:${env.PATH}`,
        NODE_COMPILE_CACHE: cache,
        LC_ALL: "C.UTF-8",
      },
    });
  }

  /** Copies an example's files into a folder of the reader's, where its packages are installed. */
  #copy(example: string, to: string): void {
    const source = join(repositoryRoot, example);
    const target = join(this.#sandbox.folder, to);
    mkdirSync(target, { recursive: true });
    for (const name of globSync("*.yaml", { cwd: source })) {
      writeFileSync(join(target, name), this.#here(readFileSync(join(source, name), "utf8")));
    }
    symlinkSync(join(source, "node_modules"), join(target, "node_modules"));
  }

  #here(text: string): string {
    return this.#standIns.reduce((done, [shown, here]) => done.replaceAll(shown, here), text);
  }

  #shown(text: string): string {
    return this.#standIns.reduce((done, [shown, here]) => done.replaceAll(here, shown), text);
  }
}

/** Waits until `start` resolves; rejects when that takes longer than any step of a page should. */
async function inTime(what: string, start: (resolve: () => void) => void): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error(what)), longestStepMs);
    start(() => {
      clearTimeout(timer);
      resolve();
    });
  });
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, "localhost");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, "close");
  return port;
}

import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import type { Readable } from "node:stream";
import { fileURLToPath } from "node:url";

const program = fileURLToPath(new URL("../../apps/gateway/src/bin/omg.mjs", import.meta.url));
const startMs = 30_000;
const stopMs = 15_000;

export interface StartGatewayOptions {
  readonly config: string;
  /** Where it may keep its state. */
  readonly stateFolder: string;
  readonly signal: AbortSignal;
}

/** A gateway that runs as users run it. Disposing stops it, and fails if it did not live and end as it should. */
export interface RunningGateway extends AsyncDisposable {
  readonly port: number;
  /** What it has logged so far, one line each. */
  readonly log: readonly string[];
}

/** Starts the gateway from its sources, on a free port. */
export async function startGateway(options: StartGatewayOptions): Promise<RunningGateway> {
  const child = spawn(
    process.execPath,
    [program, "serve", "--config", options.config, "--listen-addr", "localhost:0", "--log-level", "info"],
    {
      stdio: ["ignore", "ignore", "pipe"],
      // Neither a key nor the state of a gateway in use here may matter.
      env: { ...process.env, MCP_GATEWAY_API_KEY: "", XDG_STATE_HOME: options.stateFolder },
    },
  );
  const log: string[] = [];
  const exited = once(child, "exit");
  // A fault of the run must not leave it behind. It takes its servers along, however it ends.
  const takeAlong = () => child.kill("SIGKILL");
  process.once("exit", takeAlong);
  void exited.then(() => process.off("exit", takeAlong));
  try {
    const signal = AbortSignal.any([options.signal, AbortSignal.timeout(startMs)]);
    const port = await listeningPort(child.stderr, log, signal);
    return { port, log, [Symbol.asyncDispose]: () => stop(child, exited, log) };
  } catch (error) {
    child.kill("SIGKILL");
    await exited;
    throw new Error(`The gateway did not start:\n${log.join("\n")}`, { cause: error });
  }
}

function listeningPort(stderr: Readable, log: string[], signal: AbortSignal): Promise<number> {
  const { promise, resolve, reject } = Promise.withResolvers<number>();
  const lines = createInterface({ input: stderr });
  lines.on("line", (line) => {
    log.push(line);
    const port = portOf(line);
    if (port !== undefined) resolve(port);
  });
  lines.once("close", () => reject(new Error("It ended")));
  if (signal.aborted) reject(signal.reason);
  signal.addEventListener("abort", () => reject(signal.reason), { once: true });
  return promise;
}

function portOf(line: string): number | undefined {
  if (!line.includes('"message":"Listening"')) return undefined;
  const { port } = JSON.parse(line) as { port?: unknown };
  return typeof port === "number" ? port : undefined;
}

async function stop(child: ChildProcess, exited: Promise<unknown>, log: readonly string[]): Promise<void> {
  const words = () => log.slice(-40).join("\n");
  if (child.exitCode !== null || child.signalCode !== null) {
    throw new Error(`The gateway ended during the run:\n${words()}`);
  }
  child.kill("SIGTERM");
  const timer = setTimeout(() => child.kill("SIGKILL"), stopMs);
  await exited;
  clearTimeout(timer);
  if (child.signalCode === "SIGKILL") throw new Error(`The gateway did not stop on SIGTERM:\n${words()}`);
}

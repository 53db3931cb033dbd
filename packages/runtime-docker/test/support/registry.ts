import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { createInterface } from "node:readline";
import { describe } from "vitest";
import { describeWithEngine, type Engine, isEngineRequired } from "./engine.ts";

/** A registry (CNCF distribution) in a process of its own, on a free port, that keeps images in memory. */
export interface Registry extends AsyncDisposable {
  /** Host and port. Engines speak plain HTTP with registries of 127.0.0.0/8. */
  readonly address: string;
}

const program = "docker-registry";

export const account = { username: "omg", password: "geheim-wort" };
const bcryptOfPassword = "$2b$04$lznvH8W2pT0GWol3obsvp.JtbSBvzvU9.TIvc6CC/C7vH3EnYi3hC";

/** A suite that needs an engine and a registry. Without one it is skipped, unless engines are asked for. */
export function describeWithRegistry(name: string, suite: (engine: Engine) => void): void {
  const isThere = (process.env.PATH ?? "")
    .split(delimiter)
    .some((folder) => existsSync(join(folder, program)));
  if (isThere || isEngineRequired) {
    describeWithEngine(name, suite);
    return;
  }
  const reason = `there is no ${program}; install it with test/engines/registry-up.sh`;
  process.stderr.write(`skipped: ${name}: ${reason}\n`);
  describe.skip(`${name} (${reason})`, () => suite({ socketPath: "" }));
}

/** With `wantsLogin` it serves nobody but `account`. */
export async function startRegistry({ wantsLogin = false } = {}): Promise<Registry> {
  const folder = await mkdtemp(join(tmpdir(), "omg-registry-"));
  const users = join(folder, "users");
  await writeFile(users, `${account.username}:${bcryptOfPassword}\n`);
  const config = {
    version: 0.1,
    log: { level: "info" },
    storage: { inmemory: {} },
    http: { addr: "127.0.0.1:0" },
    ...(wantsLogin ? { auth: { htpasswd: { realm: "tests", path: users } } } : {}),
  };
  const file = join(folder, "config.json");
  // JSON is YAML, too.
  await writeFile(file, JSON.stringify(config));
  const child = spawn(program, ["serve", file], { stdio: ["ignore", "ignore", "pipe"] });
  // A worker that is ended in the middle of a test leaves none.
  const kill = () => void child.kill("SIGKILL");
  process.once("exit", kill);
  child.once("exit", () => process.off("exit", kill));
  try {
    const address = await addressOf(child);
    return { address, [Symbol.asyncDispose]: () => end(child, folder) };
  } catch (error) {
    await end(child, folder);
    throw error;
  }
}

/** It says in its log where it listens. */
async function addressOf(child: ChildProcess): Promise<string> {
  await once(child, "spawn");
  const said: string[] = [];
  if (child.stderr) {
    for await (const line of createInterface({ input: child.stderr })) {
      const [, address] = /listening on (127\.0\.0\.1:\d+)/.exec(line) ?? [];
      if (address !== undefined) {
        child.stderr.resume();
        return address;
      }
      said.push(line);
    }
  }
  throw new Error(`${program} ended: ${said.join("\n")}`);
}

async function end(child: ChildProcess, folder: string): Promise<void> {
  if (child.pid !== undefined && child.exitCode === null && child.signalCode === null) {
    const ended = once(child, "exit");
    child.kill("SIGKILL");
    await ended;
  }
  await rm(folder, { recursive: true, force: true });
}

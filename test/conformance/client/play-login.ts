import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { text } from "node:stream/consumers";
import { fileURLToPath } from "node:url";

const program = fileURLToPath(new URL("../../../apps/gateway/src/bin/omg.mjs", import.meta.url));

export interface LoginOptions {
  readonly config: string;
  readonly server: string;
  readonly stateFolder: string;
  readonly signal: AbortSignal;
}

/** Runs `omg login` and is the browser: visits the address that it prints, and goes where that leads. */
export async function login({ config, server, stateFolder, signal }: LoginOptions): Promise<void> {
  const child = spawn(process.execPath, [program, "login", server, "--json", "--config", config], {
    stdio: ["ignore", "pipe", "pipe"],
    env: { ...process.env, XDG_STATE_HOME: stateFolder },
    signal,
  });
  const complaints = text(child.stderr);
  const exited = once(child, "exit") as Promise<[number | null]>;
  for await (const line of createInterface({ input: child.stdout })) {
    const { url } = JSON.parse(line) as { url?: string };
    if (url !== undefined) await (await fetch(url, { signal })).text();
  }
  const [code] = await exited;
  if (code !== 0) throw new Error(`The login failed: ${await complaints}`);
}

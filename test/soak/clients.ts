import { spawn } from "node:child_process";
import { once } from "node:events";
import { bins, type Sandbox } from "../../apps/gateway/test/support/omg.ts";
import type { Front } from "../support/fronts/front.ts";
import { httpFront } from "../support/fronts/http-front.ts";
import { modernFront } from "../support/fronts/modern-front.ts";
import { stdioFront } from "../support/fronts/stdio-front.ts";

export const clientKinds = ["legacy", "modern", "bridge"] as const;
export type ClientKind = (typeof clientKinds)[number];

export interface SoakClient {
  readonly front: Front;
  /** In good order, or without a word. */
  leave(isPolite: boolean): Promise<void>;
}

/** A new client of the aggregate. */
export async function arrive(kind: ClientKind, url: string, sandbox: Sandbox): Promise<SoakClient> {
  if (kind === "bridge") return overBridge(url, sandbox);
  const front = kind === "legacy" ? await httpFront(`${url}/mcp`) : modernFront(`${url}/mcp`);
  return {
    front,
    async leave(isPolite) {
      if (isPolite) await front[Symbol.asyncDispose]();
    },
  };
}

async function overBridge(url: string, sandbox: Sandbox): Promise<SoakClient> {
  const { NODE_DISABLE_COMPILE_CACHE: _, ...env } = sandbox.env;
  const child = spawn(process.execPath, [bins.omg, "stdio", "--gateway", url], { env });
  child.stderr.resume();
  child.stdin.on("error", () => {});
  const exited = once(child, "exit");
  return {
    front: await stdioFront(child),
    async leave(isPolite) {
      if (isPolite) child.stdin.end();
      else child.kill("SIGKILL");
      await exited;
    },
  };
}

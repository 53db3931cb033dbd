import { once } from "node:events";
import { setTimeout as delay } from "node:timers/promises";
import { HttpConnection } from "../client/http-connection.ts";
import { processTree } from "../measure/processes.ts";
import { type Entrance, HttpLanes, openConversation } from "./http-lanes.ts";
import { isFixture, type Launched, type Launcher } from "./launcher.ts";
import type { RunningTarget, TargetName } from "./target.ts";

export interface HttpTargetOptions {
  readonly name: TargetName;
  readonly command: string;
  readonly args: readonly string[];
  /** Where its home, temporary files and state are. Default: a new one. */
  readonly home?: string | undefined;
  /** The way in. Default: streamable HTTP at `/mcp`, tools called as the fixture calls them. */
  readonly entrance?: Partial<Entrance>;
  /** Where it listens. Default: it says so. */
  readonly port?: number;
  /** What it says once it can be called. Default: it can be as soon as it listens. */
  readonly ready?: RegExp;
}

/** A program that speaks MCP over HTTP, running. */
export interface HttpTarget extends RunningTarget {
  readonly port: number;
  readonly url: string;
  /** The same program by another way in. */
  by(entrance: Partial<Entrance>): RunningTarget;
}

const START_MS = 20_000;
const PROBE_MS = 5;

/** Starts a program that speaks MCP over HTTP, and waits until it listens. */
export async function launchHttpTarget(launcher: Launcher, options: HttpTargetOptions): Promise<HttpTarget> {
  const launched = launcher.launch(options.command, options.args, { home: options.home });
  const port = await listeningPort(launched, options).catch(async (error: unknown) => {
    await launcher.stop(launched.child);
    throw error;
  });
  return runningTarget(launcher, { launched, port }, options);
}

function runningTarget(
  launcher: Launcher,
  { launched, port }: { launched: Launched; port: number },
  options: HttpTargetOptions,
): HttpTarget {
  const entrance: Entrance = {
    path: "/mcp",
    transport: "streamable",
    tool: (text) => text,
    answers: true,
    ...options.entrance,
  };
  const pid = launched.child.pid ?? 0;
  // A program that starts the fixture itself has the fixture's file among its own arguments too.
  const behind = (process: number) => process !== pid && isFixture(process);
  return {
    name: options.name,
    port,
    url: `http://127.0.0.1:${port}${entrance.path}`,
    by: (other) =>
      runningTarget(launcher, { launched, port }, { ...options, entrance: { ...entrance, ...other } }),
    open: (lanes, sessions) => HttpLanes.open(port, entrance, lanes, sessions),
    async openSessions(count) {
      const params = JSON.stringify({ name: entrance.tool("echo"), arguments: { text: "here" } });
      // One connection for all: that of each session would cost more than the session.
      using connection = await HttpConnection.open(port);
      for (let opened = 0; opened < count; opened++) {
        await (await openConversation(connection, port, entrance)).send("tools/call", params);
      }
    },
    own: () => processTree(pid).filter((process) => !behind(process)),
    fixtures: () => processTree(pid).filter(behind).length,
    [Symbol.asyncDispose]: () => launcher.stop(launched.child),
  };
}

async function listeningPort(launched: Launched, { name, port, ready }: HttpTargetOptions): Promise<number> {
  const { child, output, more } = launched;
  const signal = AbortSignal.timeout(START_MS);
  const ended = once(child, "exit", { signal })
    .then(
      () => "ended",
      () => `did not listen within ${START_MS} ms`,
    )
    .then((what) => {
      throw new Error(`${name} ${what}: ${output()}`);
    });
  ended.catch(() => {});
  const said = async (words: RegExp) => {
    for (;;) {
      const match = words.exec(output());
      if (match !== null) return match;
      await Promise.race([more(), ended]);
    }
  };
  if (port === undefined) return Number((await said(/(?:127\.0\.0\.1|localhost):(\d+)/))[1]);
  if (ready !== undefined) await said(ready);
  while (!(await isListening(port))) await Promise.race([delay(PROBE_MS), ended]);
  return port;
}

async function isListening(port: number): Promise<boolean> {
  try {
    (await HttpConnection.open(port))[Symbol.dispose]();
    return true;
  } catch {
    return false;
  }
}

import { setTimeout as delay } from "node:timers/promises";
import type { Sandbox } from "../../apps/gateway/test/support/omg.ts";
import type { Front } from "../support/fronts/front.ts";
import { arrive, type ClientKind } from "./clients.ts";
import type { SoakServer } from "./servers.ts";
import type { Tally } from "./tally.ts";

const callsPerSecond = 50;
/** Bridges are few: each is a process of Node. */
const seats: readonly ClientKind[] = [..."llllmmmmbb"].map(
  (letter) => ({ l: "legacy", m: "modern", b: "bridge" })[letter] as ClientKind,
);
const cancelledShare = 0.08;
const politeShare = 0.8;

export interface LoadOptions {
  readonly url: string;
  readonly sandbox: Sandbox;
  readonly servers: readonly SoakServer[];
  readonly random: () => number;
  readonly tally: Tally;
  readonly signal: AbortSignal;
}

/** Clients that come, call, cancel and go, one after the other on every seat; ends with the signal. */
export async function load(options: LoadOptions): Promise<void> {
  await Promise.all(seats.map((kind) => takeTurns(kind, options)));
}

async function takeTurns(kind: ClientKind, options: LoadOptions): Promise<void> {
  const { url, sandbox, random, tally, signal } = options;
  while (!signal.aborted) {
    try {
      const client = await arrive(kind, url, sandbox);
      const calls = Math.round((kind === "bridge" ? 100 : 20) * (0.5 + random()));
      for (let turn = 0; turn < calls && !signal.aborted; turn++) {
        const pause = delay((1000 * seats.length) / callsPerSecond);
        await call(client.front, kind, options);
        await pause;
      }
      await client.leave(random() < politeShare);
    } catch (error) {
      tally.failed(`${kind}: ${error instanceof Error ? `${error.message} ${error.cause ?? ""}` : error}`);
    }
  }
}

let lastText = 0;

async function call(front: Front, kind: ClientKind, options: LoadOptions): Promise<void> {
  const { random, tally } = options;
  // A modern request is a session of its own: it would start a process for each.
  const servers = kind === "modern" ? options.servers.filter(({ isOwn }) => !isOwn) : options.servers;
  const server = servers[Math.floor(random() ** 3 * servers.length)] as SoakServer;
  const text = `text ${++lastText}`;
  const leaving = new AbortController();
  const timer =
    random() < cancelledShare ? setTimeout(() => leaving.abort(), Math.round(random() * 20)) : undefined;
  try {
    const params = { name: `${server.id}__echo`, arguments: { text } };
    tally.answered(await front.request("tools/call", params, leaving.signal), text);
  } catch (error) {
    if (!leaving.signal.aborted) throw error;
    tally.cancelled();
  } finally {
    clearTimeout(timer);
  }
}

import assert from "node:assert/strict";
import type { GatewayError } from "../support/answers.ts";
import { withRoom } from "./room.ts";
import { strayWord } from "./server/strays.ts";
import type { Stage } from "./stage.ts";

const megabyte = 1024 * 1024;
const longestWaitMs = 5000;

/**
 * Runs something during which the gateway may not take so many megabytes more than ever before. Gives what came of it,
 * and the megabytes that it took.
 */
export async function inMemory<T>(
  { gateway }: Stage,
  most: number,
  action: () => Promise<T>,
): Promise<[result: T, megabytes: number]> {
  const before = gateway.peakBytes;
  const result = await action();
  const megabytes = Math.round((gateway.peakBytes - before) / megabyte);
  assert.ok(megabytes < most, `the gateway took ${megabytes} MB more`);
  return [result, megabytes];
}

/** Nobody has come where the server's answers tried to lead. Only an HTTP server can tell. */
export async function nobodyStrayed(stage: Stage): Promise<void> {
  assert.deepEqual(
    (await received(stage)).filter((what) => what.startsWith(strayWord)),
    [],
  );
}

/** The server is left alone for a while after it has failed, and works after that. */
export async function recovers(stage: Stage): Promise<string> {
  const rest = await stage.restsNow();
  for (;;) {
    const { error } = (await stage.call("echo", { text: "again" })) as { error?: Partial<GatewayError> };
    const restMs = error?.data?.retryAfterMs;
    if (restMs === undefined) break;
    await new Promise((resolve) => setTimeout(resolve, restMs));
  }
  return `${rest}, then ${await stage.works()}`;
}

/** What the server has received so far. */
export async function received(stage: Stage): Promise<string[]> {
  return JSON.parse(await stage.says("received"));
}

/** The same as soon as it is enough; what a server receives is on its way when a call is answered. */
export async function receivedSoon(
  stage: Stage,
  isEnough: (received: string[]) => boolean,
): Promise<string[]> {
  const lastMs = performance.now() + withRoom(longestWaitMs);
  for (;;) {
    const all = await received(stage);
    if (isEnough(all)) return all;
    assert.ok(
      performance.now() < lastMs,
      `the server has received no more than ${all.slice(-10).join(", ")}`,
    );
  }
}

export interface ListedTool {
  readonly name: string;
  readonly description?: string;
  readonly inputSchema?: object;
}

/** What the client sees of the evil server's tools. The honest server's are there in any case. */
export async function toolsOf(stage: Stage): Promise<ListedTool[]> {
  const { front } = stage;
  // A list waits three seconds for a start, and a container may take longer where much else runs.
  if (stage.upstream === "container") await stage.isReady();
  const { tools } = (await front.request("tools/list")).result as { tools: ListedTool[] };
  assert.ok(tools.some(({ name }) => name === "good__echo"));
  return tools.filter(({ name }) => name.startsWith("evil"));
}

/** The gateway has logged a warning, or logs it now. */
export async function warned({ gateway }: Stage, words: RegExp): Promise<void> {
  await gateway.logged(({ level, message }) => level === "warn" && words.test(String(message)));
}

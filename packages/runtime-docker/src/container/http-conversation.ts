import { setTimeout as pause } from "node:timers/promises";
import { HttpClient } from "@omg/upstream-http";
import { Agent } from "undici";
import { ContainerTransport } from "./container-transport.ts";
import type { Ended } from "./exit-watch.ts";

/** MCP over HTTP with a container of this machine. */
export interface HttpConversation {
  readonly transport: ContainerTransport;
  /** Ends it and its connections, without a word to the server. */
  end(): Promise<void>;
}

const connectMs = 5_000;
const responseMs = 30_000;
const silenceMs = 300_000;
const probeMs = 2_000;
const firstPauseMs = 25;
const longestPauseMs = 250;

export function httpConversation(url: URL, ended: Promise<Ended>): HttpConversation {
  const dispatcher = new Agent({ connect: { timeout: connectMs }, allowH2: false });
  const client = new HttpClient({ dispatcher, headers: {}, responseMs, silenceMs });
  const transport = new ContainerTransport({ url, client }, ended);
  return {
    transport,
    async end() {
      await dispatcher.destroy();
      await transport.close();
    },
  };
}

/**
 * Resolves once the server answers HTTP at all: what publishes its port takes connections long before. Rejects with the signal's
 * reason when it aborts.
 */
export async function answersHttp(url: URL, signal: AbortSignal): Promise<void> {
  const dispatcher = new Agent({ connect: { timeout: probeMs }, allowH2: false });
  try {
    for (let pauseMs = firstPauseMs; ; pauseMs = Math.min(pauseMs * 2, longestPauseMs)) {
      signal.throwIfAborted();
      if (await answers(dispatcher, url, signal)) return;
      // Timers reject with an error of their own, which hides the reason.
      await pause(pauseMs, undefined, { signal }).catch(() => {});
    }
  } finally {
    await dispatcher.destroy();
  }
}

async function answers(dispatcher: Agent, url: URL, signal: AbortSignal): Promise<boolean> {
  try {
    const response = await dispatcher.request({
      origin: url.origin,
      path: url.pathname,
      method: "OPTIONS",
      signal: AbortSignal.any([signal, AbortSignal.timeout(probeMs)]),
    });
    response.body.on("error", () => {}).destroy();
    return true;
  } catch {
    return false;
  }
}

import { setTimeout as pause } from "node:timers/promises";
import { Agent, type buildConnector } from "undici";
import { HttpClient } from "./http-client.ts";
import { InstanceTransport } from "./instance-transport.ts";

/** Where an instance speaks MCP over HTTP, and how it ends. */
export interface InstanceConversationOptions {
  /** The MCP endpoint of the instance. */
  readonly url: URL;
  /** In words, how the instance came to its end, once it did. */
  readonly ended: Promise<string>;
  /** How a connection to it is made. Default: to the host and port of the URL, within 5 s. */
  readonly connect?: buildConnector.connector | undefined;
}

/** MCP over HTTP with an instance that its runtime watches. */
export interface InstanceConversation {
  /** The conversation itself, for the instance of the runtime. */
  readonly transport: InstanceTransport;
  /**
   * Resolves once the server answers HTTP at all: what stands before it may take connections long before. Rejects with the
   * signal's reason when it aborts.
   */
  answers(signal: AbortSignal): Promise<void>;
  /** Ends it and its connections, without a word to the server. */
  end(): Promise<void>;
}

const connectMs = 5_000;
const responseMs = 30_000;
const silenceMs = 300_000;
const probeMs = 2_000;
const firstPauseMs = 25;
const longestPauseMs = 250;

/** Makes one, without a connection yet. Whoever asks for it calls `end`. */
export function instanceConversation(options: InstanceConversationOptions): InstanceConversation {
  const { url, ended, connect = { timeout: connectMs } } = options;
  const dispatcher = new Agent({ connect, allowH2: false });
  const client = new HttpClient({ dispatcher, headers: {}, responseMs, silenceMs });
  const transport = new InstanceTransport({ url, client }, ended);
  return {
    transport,
    async answers(signal) {
      for (let pauseMs = firstPauseMs; ; pauseMs = Math.min(pauseMs * 2, longestPauseMs)) {
        signal.throwIfAborted();
        if (await answersOnce(dispatcher, url, signal)) return;
        // Timers reject with an error of their own, which hides the reason.
        await pause(pauseMs, undefined, { signal }).catch(() => {});
      }
    },
    async end() {
      await dispatcher.destroy();
      await transport.close();
    },
  };
}

async function answersOnce(dispatcher: Agent, url: URL, signal: AbortSignal): Promise<boolean> {
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

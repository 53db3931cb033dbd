import type { IncomingMessage } from "node:http";
import { text } from "node:stream/consumers";
import WebSocket from "ws";
import { ClusterFailure } from "./cluster-failure.ts";

const maxMessageBytes = 32 * 1024 * 1024;

/** Opens a WebSocket. It is paused, so that its reader misses nothing. Rejects with a `ClusterFailure`, or the signal's reason. */
export function openSocket(
  url: string,
  protocols: readonly string[],
  options: WebSocket.ClientOptions,
  signal: AbortSignal,
): Promise<WebSocket> {
  return new Promise((resolve, reject) => {
    const socket = new WebSocket(url, [...protocols], {
      ...options,
      perMessageDeflate: false,
      maxPayload: maxMessageBytes,
    });
    const giveUp = () => {
      socket.terminate();
      reject(signal.reason);
    };
    signal.addEventListener("abort", giveUp, { once: true });
    socket.once("open", () => {
      signal.removeEventListener("abort", giveUp);
      socket.pause();
      resolve(socket);
    });
    socket.once("unexpected-response", (_request, response) => {
      refusalOf(response)
        .then(reject, (error) => reject(ClusterFailure.of(error)))
        .finally(() => socket.terminate());
    });
    socket.on("error", (error) => reject(ClusterFailure.of(error)));
  });
}

async function refusalOf(response: IncomingMessage): Promise<ClusterFailure> {
  const { statusCode = 0, headers } = response;
  return ClusterFailure.ofAnswer(statusCode, await text(response), headers["retry-after"]);
}

import { type ClientRequest, request as httpRequest } from "node:http";
import { request as httpsRequest } from "node:https";
import type { Socket } from "node:net";
import type { EngineAddress } from "./engine-address.ts";
import { EngineFailure } from "./engine-failure.ts";

/**
 * Attaches to a container: the connection carries its stdin one way, its output the other, and ending it ends its stdin.
 * Made here, since libraries send a body along, which some engines hand to the container. Rejects with an `EngineFailure`.
 */
export function attach(
  address: EngineAddress,
  {
    container,
    stdin,
    signal,
  }: { readonly container: string; readonly stdin: boolean; readonly signal: AbortSignal },
): Promise<Socket> {
  const query = `stream=1&stdout=1&stderr=1${stdin ? "&stdin=1" : ""}`;
  const path = `/containers/${container}/attach?${query}`;
  return new Promise((resolve, reject) => {
    const request = open(address, path, signal);
    request.on("upgrade", (_response, socket: Socket, head) => {
      if (head.length > 0) socket.unshift(head);
      resolve(socket);
    });
    request.on("response", (response) => {
      const words: Buffer[] = [];
      response.on("data", (chunk: Buffer) => words.push(chunk));
      response.on("error", reject);
      response.on("end", () => {
        reject(EngineFailure.ofAnswer("attach", response.statusCode ?? 0, Buffer.concat(words).toString()));
      });
    });
    request.on("error", (error) => reject(EngineFailure.of("attach", error)));
    request.end();
  });
}

function open(address: EngineAddress, path: string, signal: AbortSignal): ClientRequest {
  const options = {
    method: "POST",
    path,
    headers: { connection: "Upgrade", upgrade: "tcp", "content-length": 0 },
    agent: false,
    // The end of the output is not the end of the connection: how the container ended is still to be heard.
    allowHalfOpen: true,
    signal,
  } as const;
  if ("socketPath" in address) return httpRequest({ ...options, ...address });
  const { host, port, tls } = address;
  return tls ? httpsRequest({ ...options, host, port, ...tls }) : httpRequest({ ...options, host, port });
}

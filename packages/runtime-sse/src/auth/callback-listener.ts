import { timingSafeEqual } from "node:crypto";
import { once } from "node:events";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { OmgError } from "@omg/core/runtime";

export interface CallbackListenerOptions {
  readonly state: string;
  /** The port to listen on; without one any will do. */
  readonly port?: number | undefined;
}

/** The answer of an authorization server, as the browser brought it. */
export interface Callback {
  readonly parameters: URLSearchParams;
  /** Tells the person at the browser how it went. */
  reply(success: boolean): Promise<void>;
}

/** Waits on this machine for the browser to come back. Disposing stops it. */
export interface CallbackListener extends AsyncDisposable {
  readonly redirectUri: string;
  /** Rejects with the signal's reason. */
  callback(signal: AbortSignal): Promise<Callback>;
}

const path = "/callback";

/** Listens for the browser. Rejects with an `OmgError` when the port is in use. */
export async function listenForCallback({
  state,
  port = 0,
}: CallbackListenerOptions): Promise<CallbackListener> {
  const came = Promise.withResolvers<Callback>();
  came.promise.catch(() => {});
  let isTaken = false;
  const server = createServer({ headersTimeout: 10_000, requestTimeout: 10_000 }, (request, response) => {
    const parameters = parametersOf(request);
    // Any page can send a browser here; only the answer to our question counts, and only once.
    if (!parameters || isTaken || !hasState(parameters, state)) {
      void say(response, parameters ? 400 : 404, "This is not the answer that is waited for.");
      return;
    }
    isTaken = true;
    came.resolve({ parameters, reply: (success) => replyTo(response, success) });
  });
  await listen(server, port);
  return {
    redirectUri: `http://127.0.0.1:${(server.address() as AddressInfo).port}${path}`,
    async callback(signal) {
      const giveUp = () => came.reject(signal.reason);
      signal.addEventListener("abort", giveUp, { once: true });
      if (signal.aborted) giveUp();
      try {
        return await came.promise;
      } finally {
        signal.removeEventListener("abort", giveUp);
      }
    },
    async [Symbol.asyncDispose]() {
      const closed = once(server, "close");
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
}

async function listen(server: Server, port: number): Promise<void> {
  server.listen(port, "127.0.0.1");
  try {
    await once(server, "listening");
  } catch (cause) {
    const message = `The port ${port} of 127.0.0.1, to which the browser would come back, can not be used`;
    throw new OmgError("port_in_use", { message, cause });
  }
}

/** Undefined for what is no answer at all. */
function parametersOf({ method, url = "" }: IncomingMessage): URLSearchParams | undefined {
  if (method !== "GET" || !URL.canParse(url, "http://127.0.0.1")) return undefined;
  const { pathname, searchParams } = new URL(url, "http://127.0.0.1");
  const names = [...searchParams.keys()];
  return pathname === path && new Set(names).size === names.length ? searchParams : undefined;
}

function hasState(parameters: URLSearchParams, state: string): boolean {
  const given = Buffer.from(parameters.get("state") ?? "");
  const wanted = Buffer.from(state);
  return given.length === wanted.length && timingSafeEqual(given, wanted);
}

function replyTo(response: ServerResponse, success: boolean): Promise<void> {
  return success
    ? say(response, 200, "Logged in. You can close this page.")
    : say(response, 400, "The login failed. The terminal says why.");
}

function say(response: ServerResponse, status: number, text: string): Promise<void> {
  response.writeHead(status, {
    "content-type": "text/plain; charset=utf-8",
    "cache-control": "no-store",
    "referrer-policy": "no-referrer",
    connection: "close",
  });
  return new Promise((resolve) => {
    response.once("close", resolve);
    response.end(`${text}\n`);
  });
}

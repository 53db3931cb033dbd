import {
  type Exit,
  type LoginRequest,
  OmgError,
  type RuntimeFactoryOptions,
  type RuntimeV1,
  type StartRequest,
} from "@omg/core/runtime";
import { HttpClient, networkFailure } from "@omg/upstream-http";
import type { Dispatcher } from "undici";
import { advice } from "./advice.ts";
import { authorizerFor, type Renewals } from "./auth/authorizer-for.ts";
import { trustedCertificates } from "./certificates.ts";
import { type RemoteOptions, remoteOptions } from "./options.ts";
import { type OutboundOptions, outbound } from "./outbound.ts";
import { type Kind, RemoteTransport } from "./remote-transport.ts";

/** What the factory takes. All of it is optional. */
export interface RemoteRuntimeOptions extends RuntimeFactoryOptions {
  /** Resolves names. For tests. */
  readonly resolve?: OutboundOptions["resolve"];
}

const inherits = ["HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY", "http_proxy", "https_proxy", "no_proxy"];

/** Reaches MCP servers behind a URL, as `remote-sse` (the original's name) and as `remote`. */
export function remoteRuntime(options: RemoteRuntimeOptions = {}): RuntimeV1<RemoteOptions>[] {
  const renewals: Renewals = new Map();
  return ["remote-sse", "remote"].map((name) => ({
    specVersion: "v1",
    name,
    options: remoteOptions,
    inherits,
    start: (request) => start(request, options, renewals),
    async login(request) {
      const { login } = await import("./auth/account.ts");
      await withWayOut(request, options, (dispatcher) => login(request, dispatcher));
    },
    async logout(request) {
      const { logout } = await import("./auth/account.ts");
      await withWayOut(request, options, (dispatcher) => logout(request, dispatcher));
    },
  }));
}

async function withWayOut(
  request: LoginRequest<RemoteOptions>,
  runtime: RemoteRuntimeOptions,
  action: (dispatcher: Dispatcher) => Promise<void>,
): Promise<void> {
  const dispatcher = outbound(await wayOf(request, runtime));
  try {
    await action(dispatcher);
  } finally {
    await dispatcher.destroy();
  }
}

async function start(
  request: StartRequest<RemoteOptions>,
  runtime: RemoteRuntimeOptions,
  renewals: Renewals,
) {
  const { options, signal, store, server } = request;
  if (signal.aborted) throw givenUp(signal);
  const url = new URL(options.url);
  const dispatcher = outbound(await wayOf(request, runtime));
  try {
    await within(signal, dispatcher.connectAhead());
  } catch (error) {
    await dispatcher.destroy();
    throw named(server, OmgError.is(error) ? error : networkFailure(url, error, { sent: false, advice }));
  }
  const client = new HttpClient({
    dispatcher,
    headers: options.headers,
    responseMs: options.response_timeout_seconds * 1000,
    silenceMs: options.silence_timeout_seconds * 1000,
    authorizer: authorizerFor(request, { dispatcher, renewals }),
    advice,
  });
  const exited = Promise.withResolvers<Exit>();
  const transport = new RemoteTransport({
    url,
    client,
    endpointMs: options.response_timeout_seconds * 1000,
    kind: options.transport === "auto" ? undefined : options.transport,
    remembered: await knownKind(store),
    onKind: (kind) => void (kind ? store.set(kindKey, kind) : store.delete(kindKey)).catch(() => {}),
    onLost(error) {
      exited.resolve({ reason: "lost", detail: error?.message ?? "the connection ended" });
      void dispatcher.destroy();
    },
  });
  let disposal: Promise<void> | undefined;
  const dispose = async () => {
    await transport.close();
    await dispatcher.destroy();
    exited.resolve({ reason: "stopped", detail: "was disconnected" });
  };
  return {
    id: `${url.origin}${url.pathname}#${request.instanceId}`,
    transport,
    exited: exited.promise,
    [Symbol.asyncDispose]() {
      disposal ??= dispose();
      return disposal;
    },
  };
}

async function wayOf(
  request: LoginRequest<RemoteOptions> | StartRequest<RemoteOptions>,
  runtime: RemoteRuntimeOptions,
): Promise<OutboundOptions> {
  const { options, env } = request;
  return {
    url: new URL(options.url),
    allowPrivate: options.allow_private_network,
    connectMs: options.connect_timeout_seconds * 1000,
    ca: await trustedCertificates(request),
    env,
    resolve: runtime.resolve,
  };
}

const kindKey = "transport";

async function knownKind(store: StartRequest<RemoteOptions>["store"]): Promise<Kind | undefined> {
  const kind = await store.get(kindKey).catch(() => undefined);
  return kind === "sse" ? kind : undefined;
}

function named(server: string, error: OmgError): OmgError {
  return new OmgError(error.reason, { ...error, server, message: error.message, cause: error.cause });
}

function within<T>(signal: AbortSignal, work: Promise<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    const giveUp = () => reject(givenUp(signal));
    signal.addEventListener("abort", giveUp, { once: true });
    if (signal.aborted) giveUp();
    work.then(resolve, reject).finally(() => signal.removeEventListener("abort", giveUp));
  });
}

function givenUp({ reason }: AbortSignal): OmgError {
  return OmgError.is(reason) ? reason : new OmgError("cancelled", { message: "The start was given up" });
}

import type { LoginRequest, OmgError, RuntimeV1, StateStore } from "@omg/core/runtime";
import remoteRuntime, { type RemoteOptions } from "../../src/index.ts";
import { memoryStore, startRequest } from "./start-request.ts";

/** One runtime, one store, and a server that wants a login. */
export interface Setting {
  readonly runtime: RuntimeV1<RemoteOptions>;
  readonly store: StateStore & { readonly values: Map<string, string> };
  /** What was said to the person. */
  readonly said: string[];
  readonly options: Parameters<typeof startRequest>[0];
  /** Logs in; `visit` is the browser. */
  login(visit?: (url: string) => unknown, signal?: AbortSignal): Promise<void>;
  logout(): Promise<void>;
  /** Sends one message; gives the error that comes of it. */
  send(method: string): Promise<OmgError | undefined>;
}

export function setting(url: string, options: Partial<RemoteOptions> = {}): Setting {
  const [runtime] = remoteRuntime();
  if (!runtime?.login || !runtime.logout) throw new Error("no login");
  const store = memoryStore();
  const said: string[] = [];
  const entry = { url, auth: { type: "oauth" as const }, ...options };
  const request = async (visit: LoginRequest<RemoteOptions>["visit"], signal?: AbortSignal) => {
    const start = await startRequest(entry, { store, progress: (message) => void said.push(message) });
    return { ...start, visit, signal: signal ?? start.signal };
  };
  return {
    runtime,
    store,
    said,
    options: entry,
    async login(visit = browse, signal) {
      await runtime.login?.(await request(visit, signal));
    },
    async logout() {
      await runtime.logout?.(await request(() => {}));
    },
    async send(method) {
      await using instance = await runtime.start(await startRequest(entry, { store }));
      const { transport } = instance;
      await transport.start();
      const message = { jsonrpc: "2.0" as const, id: 1, method, params: {} };
      return await transport.send(message).then(
        () => undefined,
        (error: OmgError) => error,
      );
    },
  };
}

/** Visits an address and goes where it leads. */
export function browse(url: string): Promise<unknown> {
  return fetch(url).then((response) => response.text());
}

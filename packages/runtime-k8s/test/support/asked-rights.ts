import { subscribe, unsubscribe } from "node:diagnostics_channel";
import type { ClientRequest } from "node:http";

/** A request of undici, as its channel tells it. */
interface UndiciRequest {
  readonly method: string;
  readonly path: string;
  readonly headers: string | readonly string[];
}

/** Notes what is asked of an API server with a token, in the words of roles: `get pods/log`. */
export class AskedRights implements Disposable {
  readonly rights = new Set<string>();
  readonly #token: string;
  readonly #waiting = new Map<string, () => void>();
  readonly #onUndici = (message: unknown): void => {
    const { method, path, headers } = (message as { request: UndiciRequest }).request;
    this.#note(method, path, String(headers));
  };
  readonly #onHttp = (message: unknown): void => {
    const { request } = message as { request: ClientRequest };
    this.#note(request.method, request.path, String(request.getHeader("authorization")));
  };

  constructor(token: string) {
    this.#token = token;
    subscribe("undici:request:create", this.#onUndici);
    subscribe("http.client.request.start", this.#onHttp);
  }

  /** Resolves once this was asked for. */
  async has(right: string): Promise<void> {
    if (!this.rights.has(right)) await new Promise<void>((resolve) => this.#waiting.set(right, resolve));
  }

  [Symbol.dispose](): void {
    unsubscribe("undici:request:create", this.#onUndici);
    unsubscribe("http.client.request.start", this.#onHttp);
  }

  #note(method: string, path: string, headers: string): void {
    if (!headers.includes(this.#token)) return;
    const right = rightOf(method, path);
    this.rights.add(right);
    this.#waiting.get(right)?.();
  }
}

function rightOf(method: string, address: string): string {
  const { pathname, searchParams } = new URL(address, "http://cluster");
  const inside = pathname.split("/namespaces/")[1]?.split("/").slice(1);
  if (!inside) return `${method} ${pathname}`;
  const [kind, name, part] = inside;
  const resource = part === undefined ? kind : `${kind}/${part}`;
  const verbs: Record<string, string> = { POST: "create", PATCH: "patch", PUT: "update", DELETE: "delete" };
  const reading = name === undefined ? (searchParams.has("watch") ? "watch" : "list") : "get";
  return `${verbs[method] ?? reading} ${resource}`;
}

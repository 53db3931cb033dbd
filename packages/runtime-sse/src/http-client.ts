import type { Dispatcher } from "undici";
import type { Authorizer } from "./auth/authorizer.ts";
import { exchange, type HttpResponse } from "./exchange.ts";
import { failure, type Headers, networkFailure } from "./failures.ts";
import { letGo } from "./read-body.ts";

export interface HttpClientOptions {
  readonly dispatcher: Dispatcher;
  /** The entry's own. */
  readonly headers: Readonly<Record<string, string>>;
  readonly responseMs: number;
  readonly silenceMs: number;
  /** Adds credentials that end, and knows what to do when they are refused. */
  readonly authorizer?: Authorizer | undefined;
}

export interface HttpRequest {
  readonly method: "GET" | "POST" | "DELETE";
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: Buffer | string;
  readonly signal?: AbortSignal;
}

export type { HttpResponse } from "./exchange.ts";

const maxRedirects = 3;

/** Asks one remote server, with the entry's headers, through the guarded way out. */
export class HttpClient {
  readonly #options: HttpClientOptions;

  constructor(options: HttpClientOptions) {
    this.#options = { ...options, headers: lowerCased(options.headers) };
  }

  /** Rejects with an `OmgError`. A redirect is followed within the same origin only, and with its method kept. */
  async request(url: URL, request: HttpRequest): Promise<HttpResponse> {
    const { authorizer } = this.#options;
    if (!authorizer) return this.#follow(url, request);
    const refusals = new Set<number>();
    for (;;) {
      const credential = await authorizer.credential();
      const response = await this.#follow(url, authorized(request, credential));
      const { status, headers } = response;
      if (status !== 401 && status !== 403) return response;
      const isRepeated = refusals.has(status);
      refusals.add(status);
      try {
        if (!(await authorizer.refused({ status, headers, credential, isRepeated }))) return response;
      } catch (error) {
        letGo(response);
        throw error;
      }
      letGo(response);
    }
  }

  async #follow(url: URL, request: HttpRequest): Promise<HttpResponse> {
    let target = url;
    for (let redirects = 0; ; redirects++) {
      const response = await this.#send(target, request);
      const next =
        response.status === 307 || response.status === 308 ? sameOrigin(target, response.headers) : undefined;
      if (!next) return response;
      letGo(response);
      if (redirects >= maxRedirects) {
        throw failure("upstream_protocol_error", url, "redirects again and again", { executed: "no" });
      }
      target = next;
    }
  }

  async #send(url: URL, { method, headers, body, signal }: HttpRequest): Promise<HttpResponse> {
    const { dispatcher, headers: own, responseMs, silenceMs } = this.#options;
    try {
      return await exchange(dispatcher, {
        origin: url.origin,
        path: url.pathname + url.search,
        method,
        headers: { ...own, ...headers },
        body: body ?? null,
        signal,
        headersTimeout: responseMs,
        bodyTimeout: silenceMs,
      });
    } catch (error) {
      if (signal?.aborted) throw signal.reason;
      throw networkFailure(url, error, true);
    }
  }
}

function authorized(request: HttpRequest, credential: string | undefined): HttpRequest {
  if (credential === undefined) return request;
  return { ...request, headers: { ...request.headers, authorization: `Bearer ${credential}` } };
}

function sameOrigin(url: URL, { location }: Headers): URL | undefined {
  if (typeof location !== "string" || !URL.canParse(location, url.href)) return undefined;
  const target = new URL(location, url.href);
  return target.origin === url.origin ? target : undefined;
}

function lowerCased(headers: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]));
}

import type { Dispatcher } from "undici";
import type { Authorizer } from "./authorizer.ts";
import type { Signal } from "./call-signal.ts";
import { exchange, type HttpResponse } from "./exchange.ts";
import { type Advice, failure, type Headers, networkFailure } from "./failures.ts";
import { letGo } from "./read-body.ts";

/** One server's way, headers and credentials, and how long it may take. */
export interface HttpClientOptions {
  /** The way to the server. Whoever made it ends it. */
  readonly dispatcher: Dispatcher;
  /** Of every request. */
  readonly headers: Readonly<Record<string, string>>;
  /** Longest wait for the beginning of an answer. */
  readonly responseMs: number;
  /** Longest time in which an answer that has begun may bring nothing. */
  readonly silenceMs: number;
  /** Adds credentials that end, and knows what to do when they are refused. */
  readonly authorizer?: Authorizer | undefined;
  /** What failures tell people to do. Default: only what does not depend on settings. */
  readonly advice?: Advice | undefined;
}

/** What is asked of a server, besides its address. */
export interface HttpRequest {
  /** A redirect keeps it. */
  readonly method: "GET" | "POST" | "DELETE";
  /** In addition to those of the client, which give way. Names in lower case. */
  readonly headers?: Readonly<Record<string, string>>;
  /** Absent: none. */
  readonly body?: Buffer | string;
  /** Breaks the request off, and the reading of its answer. */
  readonly signal?: Signal;
}

export type { HttpResponse } from "./exchange.ts";

const maxRedirects = 3;

/** Asks one server, with its headers and credentials, through the dispatcher alone. */
export class HttpClient {
  /** What those who read an answer say of one that is a failure. */
  readonly advice: Advice;
  readonly #options: HttpClientOptions;

  constructor(options: HttpClientOptions) {
    this.advice = options.advice ?? {};
    this.#options = { ...options, headers: lowerCased(options.headers) };
  }

  /** Rejects with an `OmgError`. A redirect is followed within the same origin only, and with its method kept. */
  request(url: URL, request: HttpRequest): Promise<HttpResponse> {
    const { authorizer } = this.#options;
    return authorizer ? this.#authorized(authorizer, url, request) : this.#follow(url, request);
  }

  async #authorized(authorizer: Authorizer, url: URL, request: HttpRequest): Promise<HttpResponse> {
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
    const failureOf = (error: unknown) => networkFailure(url, error, { sent: true, advice: this.advice });
    try {
      return await exchange(dispatcher, {
        origin: url.origin,
        path: url.pathname + url.search,
        method,
        // Keeps others off the connection until the head is there. Behind a POST only a GET could come, where somebody's
        // dispatcher pipelines; saying it of each call costs 2 of 35 µs.
        blocking: method === "GET",
        headers: { ...own, ...headers },
        body: body ?? null,
        signal,
        headersTimeout: responseMs,
        bodyTimeout: silenceMs,
        failureOf,
      });
    } catch (error) {
      if (signal?.aborted) throw signal.reason;
      throw failureOf(error);
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

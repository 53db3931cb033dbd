import type { Dispatcher } from "undici";
import { failure, type Headers, networkFailure } from "./failures.ts";
import { letGo } from "./read-body.ts";

export interface HttpClientOptions {
  readonly dispatcher: Dispatcher;
  /** The entry's own. */
  readonly headers: Readonly<Record<string, string>>;
  readonly responseMs: number;
  readonly silenceMs: number;
}

export interface HttpRequest {
  readonly method: "GET" | "POST" | "DELETE";
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: Buffer | string;
  readonly signal?: AbortSignal;
}

export interface HttpResponse {
  readonly status: number;
  readonly headers: Headers;
  /** As it was sent. Must be read, let go or destroyed. */
  readonly body: Dispatcher.ResponseData["body"];
}

const maxRedirects = 3;

/** Asks one remote server, with the entry's headers, through the guarded way out. */
export class HttpClient {
  readonly #options: HttpClientOptions;

  constructor(options: HttpClientOptions) {
    this.#options = options;
  }

  /** Rejects with an `OmgError`. A redirect is followed within the same origin only, and with its method kept. */
  async request(url: URL, request: HttpRequest): Promise<HttpResponse> {
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
    const { dispatcher, responseMs, silenceMs } = this.#options;
    try {
      const response = await dispatcher.request({
        origin: url.origin,
        path: url.pathname + url.search,
        method,
        headers: { ...lowerCased(this.#options.headers), ...headers },
        body: body ?? null,
        signal: signal ?? null,
        headersTimeout: responseMs,
        bodyTimeout: silenceMs,
      });
      // What is destroyed on purpose reports an error that nobody waits for.
      response.body.on("error", () => {});
      return { status: response.statusCode, headers: response.headers, body: response.body };
    } catch (error) {
      if (signal?.aborted) throw signal.reason;
      throw networkFailure(url, error, true);
    }
  }
}

function sameOrigin(url: URL, { location }: Headers): URL | undefined {
  if (typeof location !== "string" || !URL.canParse(location, url.href)) return undefined;
  const target = new URL(location, url.href);
  return target.origin === url.origin ? target : undefined;
}

function lowerCased(headers: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]));
}

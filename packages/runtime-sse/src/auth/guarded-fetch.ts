import { isIP } from "node:net";
import { OmgError } from "@omg/core/runtime";
import { failure, networkFailure, readAll } from "@omg/upstream-http";
import type { Dispatcher } from "undici";
import { advice } from "../advice.ts";

export type Fetch = (url: string | URL, init?: RequestInit) => Promise<Response>;

export interface GuardedFetchOptions {
  /** The one way out (`outbound`). */
  readonly dispatcher: Dispatcher;
  readonly allowPrivate: boolean;
  readonly signal?: AbortSignal | undefined;
}

const maxBytes = 64 * 1024;
const longestMs = 5000;

/**
 * A `fetch` for what servers tell us to ask: through the guarded way out, over https, with small and quick answers, and
 * without following redirects. Rejects with an `OmgError`.
 */
export function guardedFetch({ dispatcher, allowPrivate, signal }: GuardedFetchOptions): Fetch {
  return async (target, init = {}) => {
    const url = new URL(target);
    mustBeSafe(url, allowPrivate);
    const late = AbortSignal.timeout(longestMs);
    const bound = signal ? AbortSignal.any([signal, late]) : late;
    try {
      const response = await dispatcher.request({
        origin: url.origin,
        path: url.pathname + url.search,
        method: (init.method ?? "GET") as Dispatcher.HttpMethod,
        headers: Object.fromEntries(new Headers(init.headers)),
        body: init.body === undefined || init.body === null ? null : String(init.body),
        signal: bound,
      });
      response.body.on("error", () => {});
      const { statusCode: status, headers, body } = response;
      return answer(status, headers["content-type"], await readAll(url, { status, headers, body }, maxBytes));
    } catch (error) {
      if (signal?.aborted) throw signal.reason;
      if (late.aborted) throw failure("upstream_timeout", url, `did not answer within ${longestMs / 1000} s`);
      const known = networkFailure(url, error, { sent: false, advice });
      throw new OmgError(known.reason, { ...known, message: known.message, executed: "no" });
    }
  };
}

/** Whether nobody on the way can read what is sent there, or nobody is on the way. */
export function isSafe({ protocol, hostname }: URL, allowPrivate: boolean): boolean {
  return protocol === "https:" || (protocol === "http:" && allowPrivate && isLoopback(hostname));
}

function mustBeSafe(url: URL, allowPrivate: boolean): void {
  if (!isSafe(url, allowPrivate))
    throw failure("upstream_protocol_error", url, "is not asked for credentials: only https is safe", {
      detail: "address_refused",
    });
  if (url.username !== "" || url.password !== "")
    throw failure("upstream_protocol_error", url, "is not asked: its address holds a password", {
      detail: "address_refused",
    });
}

function isLoopback(hostname: string): boolean {
  const host = hostname.replace(/^\[|\]$/g, "");
  return host === "localhost" || host === "::1" || (isIP(host) === 4 && host.startsWith("127."));
}

/** Without a location: whoever reads this must not follow it. */
function answer(status: number, type: string | string[] | undefined, body: Buffer): Response {
  const isEmpty = status === 204 || status === 205 || status === 304;
  return new Response(isEmpty ? null : body.toString(), {
    status,
    headers: { "content-type": String(type ?? "") },
  });
}

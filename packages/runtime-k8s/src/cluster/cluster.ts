import type { KubeConfig } from "@kubernetes/client-node";
import { type Dispatcher, fetch, type Response } from "undici";
import type WebSocket from "ws";
import { ClusterFailure } from "./cluster-failure.ts";
import { Deadline } from "./deadline.ts";
import { dispatcherOf } from "./dispatcher.ts";
import { linesOf } from "./lines-of.ts";
import { type Credentials, Login, type TlsSettings } from "./login.ts";
import { openSocket } from "./open-socket.ts";

/** Anything that Kubernetes has, as far as all of it is alike. */
export interface KubeObject {
  readonly apiVersion?: string;
  readonly kind?: string;
  readonly metadata: {
    readonly name: string;
    readonly namespace?: string;
    readonly uid?: string;
    readonly resourceVersion?: string;
    readonly labels?: Readonly<Record<string, string>>;
    readonly annotations?: Readonly<Record<string, string>>;
    readonly ownerReferences?: readonly { readonly uid: string }[];
    readonly deletionTimestamp?: string;
  };
}

export interface KubeList<Item> {
  readonly metadata: { readonly resourceVersion?: string };
  readonly items: readonly Item[];
}

export interface WatchEvent<Item> {
  readonly type: "ADDED" | "MODIFIED" | "DELETED" | "BOOKMARK" | "ERROR";
  readonly object: Item;
}

export interface AskOptions {
  readonly query?: Readonly<Record<string, string | number | boolean | undefined>> | undefined;
  readonly body?: unknown;
  /** Default `application/json`. */
  readonly type?: string | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** A cluster, and how its kubeconfig is read. */
export interface ClusterParts {
  readonly config: KubeConfig;
  /** Gives the same context of the same kubeconfig, as it is now. Default: as it was. */
  readonly readAnew?: () => Promise<KubeConfig>;
  /** A watch that brings nothing for so long, not even a bookmark, may be of a connection that is gone. Default: 5 minutes. */
  readonly silenceMs?: number;
  /** Within this an answer must have come, or begun where it has no end of its own. Default: 10 s. */
  readonly answerMs?: number;
}

/**
 * One cluster, through its API server. Objects are sent and read as they are, so that what newer clusters know passes. Everything
 * rejects with a `ClusterFailure`, and has a deadline.
 */
export class Cluster {
  /** For messages: the context and where its API server is. */
  readonly name: string;
  /** The namespace of the context. */
  readonly namespace: string;
  readonly #server: string;
  readonly #proxyUrl: string | undefined;
  readonly #silenceMs: number;
  readonly #answerMs: number;
  readonly #login: Login;
  #dispatcher: { readonly of: string; readonly is: Dispatcher } | undefined;

  constructor({ config, readAnew = async () => config, silenceMs, answerMs }: ClusterParts) {
    const { server = "", proxyUrl } = config.getCurrentCluster() ?? {};
    this.#server = server.replace(/\/$/, "");
    this.#proxyUrl = proxyUrl;
    this.#silenceMs = silenceMs ?? 300_000;
    this.#answerMs = answerMs ?? 10_000;
    this.#login = new Login(config, readAnew);
    this.namespace = config.getContextObject(config.getCurrentContext())?.namespace ?? "default";
    this.name = `${config.getCurrentContext()} (${server})`;
  }

  /** Asks for something and gives the answer's JSON. */
  async ask<Answer>(method: string, path: string, options: AskOptions = {}): Promise<Answer> {
    const deadline = this.#deadline(options.signal);
    try {
      const response = await this.#send(method, path, { ...options, signal: deadline.signal });
      return parsed<Answer>(await response.text());
    } catch (error) {
      throw deadline.failure(error);
    } finally {
      deadline.clear();
    }
  }

  /** Hears of changes, from a state that was listed, until the API server ends it, as it does every few minutes. */
  async *watch<Item>(path: string, { query, signal }: AskOptions): AsyncGenerator<WatchEvent<Item>> {
    const deadline = this.#deadline(signal);
    let silence: NodeJS.Timeout | undefined;
    try {
      const response = await this.#send("GET", path, {
        query: { ...query, watch: true, allowWatchBookmarks: true },
        signal: deadline.signal,
      });
      deadline.clear();
      const hush = () => deadline.abort(new ClusterFailure("it has fallen silent"));
      silence = setTimeout(hush, this.#silenceMs);
      for await (const line of linesOf(bodyOf(response))) {
        silence.refresh();
        if (line.trim() !== "") yield parsed<WatchEvent<Item>>(line);
      }
    } catch (error) {
      throw deadline.failure(error);
    } finally {
      clearTimeout(silence);
      deadline.abort();
    }
  }

  /** Reads an answer that has no end of its own, such as a log. */
  async *read(path: string, { query, signal }: AskOptions): AsyncGenerator<Buffer> {
    const deadline = this.#deadline(signal);
    try {
      const response = await this.#send("GET", path, { query, signal: deadline.signal });
      deadline.clear();
      for await (const chunk of bodyOf(response)) yield Buffer.from(chunk);
    } catch (error) {
      throw deadline.failure(error);
    } finally {
      deadline.abort();
    }
  }

  /** Opens a connection of several channels into a pod: attach, port-forward. It is paused, so that its reader misses nothing. */
  async connect(
    path: string,
    { query, signal }: AskOptions,
    protocols: readonly string[],
  ): Promise<WebSocket> {
    const deadline = this.#deadline(signal);
    const url = this.#url(path, query).href.replace(/^http/, "ws");
    try {
      return await this.#authorized(deadline.signal, ({ headers, tls, proxyAgent }) => {
        const options = { ...tls, headers, ...(proxyAgent === undefined ? {} : { agent: proxyAgent }) };
        return openSocket(url, protocols, options, deadline.signal);
      });
    } catch (error) {
      throw deadline.failure(error);
    } finally {
      deadline.clear();
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#dispatcher?.is.destroy();
  }

  /** Gives an answer that is a success. */
  #send(method: string, path: string, { query, body, type, signal }: Asking): Promise<Response> {
    return this.#authorized(signal, async ({ headers, tls }) => {
      const content = body === undefined ? {} : { "content-type": type ?? "application/json" };
      const response = await fetch(this.#url(path, query), {
        method,
        headers: { ...headers, ...content, accept: "application/json" },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
        signal,
        // Who asks is told to nobody else.
        redirect: "manual",
        dispatcher: this.#dispatcherWith(tls),
      });
      if (response.ok) return response;
      throw ClusterFailure.ofAnswer(
        response.status,
        await response.text(),
        response.headers.get("retry-after"),
      );
    });
  }

  /** Credentials that are taken no more may have been renewed where they come from. */
  async #authorized<Answer>(
    signal: AbortSignal,
    attempt: (credentials: Credentials) => Promise<Answer>,
  ): Promise<Answer> {
    try {
      return await attempt(await this.#login.credentials(signal));
    } catch (error) {
      const isRefused = error instanceof ClusterFailure && error.isUnauthorized;
      if (!isRefused || !(await this.#login.renew())) throw error;
      return attempt(await this.#login.credentials(signal));
    }
  }

  #url(path: string, query: AskOptions["query"] = {}): URL {
    const url = new URL(this.#server + path);
    for (const [key, value] of Object.entries(query)) {
      if (value !== undefined) url.searchParams.set(key, String(value));
    }
    return url;
  }

  #dispatcherWith(tls: TlsSettings): Dispatcher {
    const of = JSON.stringify(tls);
    if (this.#dispatcher?.of !== of) {
      // What is under way there goes on.
      void this.#dispatcher?.is.close();
      const is = dispatcherOf({ tls, proxyUrl: this.#proxyUrl, answerMs: this.#answerMs });
      this.#dispatcher = { of, is };
    }
    return this.#dispatcher.is;
  }

  #deadline(signal: AbortSignal | undefined): Deadline {
    return new Deadline(this.#answerMs, signal);
  }
}

type Asking = AskOptions & { readonly signal: AbortSignal };

/** The bytes of an answer as they come. */
function bodyOf({ body }: Response): AsyncIterable<Uint8Array> {
  if (!body) throw new ClusterFailure("it gave an empty answer");
  return body as AsyncIterable<Uint8Array>;
}

function parsed<Value>(text: string): Value {
  try {
    return JSON.parse(text) as Value;
  } catch (cause) {
    throw new ClusterFailure("what answers there is no API server", { cause });
  }
}

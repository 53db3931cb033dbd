import { once } from "node:events";
import {
  createServer as createHttpServer,
  type IncomingHttpHeaders,
  type IncomingMessage,
  ServerResponse,
} from "node:http";
import { createServer as createTlsServer } from "node:https";
import type { AddressInfo, Socket } from "node:net";
import { text } from "node:stream/consumers";
import type { TlsOptions } from "node:tls";
import { KubeConfig } from "@kubernetes/client-node";
import { WebSocketServer } from "ws";
import type { KubeObject, WatchEvent } from "../../src/cluster/cluster.ts";

/** What an API server was asked. */
export interface Asked {
  readonly method: string;
  readonly path: string;
  readonly query: Readonly<Record<string, string>>;
  readonly headers: IncomingHttpHeaders;
  readonly body: Record<string, unknown>;
  readonly isWatch: boolean;
  readonly isConnect: boolean;
}

/** What happens to a request instead of an answer. */
export type Fault = (response: ServerResponse) => void;

/** Undefined: it is answered as by an API server that is well. */
export type ChooseFault = (asked: Asked) => Fault | undefined;

/** It says no, in Kubernetes' own words. */
export function refused(status: number, message: string, headers: Record<string, string> = {}): Fault {
  const body = { kind: "Status", code: status, message, reason: "Refused" };
  return (response) => {
    response.writeHead(status, { "content-type": "application/json", ...headers }).end(JSON.stringify(body));
  };
}

/** It answers with these bytes, and leaves the answer open if it is to stay so. */
export function says(bytes: string, { staysOpen = false } = {}): Fault {
  return (response) => {
    response.writeHead(200, { "content-type": "application/json" });
    if (staysOpen) response.write(bytes);
    else response.end(bytes);
  };
}

export const hangs: Fault = () => {};
export const breaksOff: Fault = (response) => response.socket?.destroy();

const places =
  /^(\/(?:api\/v1|apis\/[^/]+\/[^/]+)\/namespaces\/[^/]+\/[^/]+?)(?:\/([^/]+))?(?:\/(?:log|attach|portforward))?$/;

interface Watcher {
  readonly collection: string;
  readonly response: ServerResponse;
}

/** Keeps objects and tells of them as an API server does, and does harm. Every path is there, and empty at first. */
export class FakeApiServer implements AsyncDisposable {
  readonly asked: Asked[] = [];
  /** The most lists that were under way at the same time. */
  mostLists = 0;
  choose: ChooseFault = () => undefined;
  /** How long a list takes, in milliseconds. */
  listMs = 0;
  readonly #server;
  readonly #isTls: boolean;
  readonly #objects = new Map<string, Map<string, KubeObject>>();
  readonly #watchers = new Set<Watcher>();
  readonly #sockets = new WebSocketServer({ noServer: true });
  readonly #connections = new Set<Socket>();
  readonly #heard = new Set<() => void>();
  #lists = 0;
  #version = 1;
  #port = 0;

  static async start(tls?: TlsOptions): Promise<FakeApiServer> {
    const server = new FakeApiServer(tls);
    await server.comeBack();
    return server;
  }

  private constructor(tls: TlsOptions | undefined) {
    this.#isTls = tls !== undefined;
    this.#server = tls ? createTlsServer(tls) : createHttpServer();
    this.#server.on("request", (request, response) => void this.#take(request, response));
    this.#server.on("connection", (socket) => {
      this.#connections.add(socket);
      socket.once("close", () => this.#connections.delete(socket));
    });
    this.#server.on("upgrade", (request, socket, head) => {
      const asked = this.#note(request, {});
      const fault = this.choose(asked);
      socket.on("error", () => {});
      if (!fault) return this.#sockets.handleUpgrade(request, socket, head, (ws) => ws.on("error", () => {}));
      const response = new ServerResponse(request);
      response.assignSocket(socket as Socket);
      response.once("finish", () => socket.end());
      fault(response);
    });
  }

  get port(): number {
    return this.#port;
  }

  get url(): string {
    return `${this.#isTls ? "https" : "http"}://127.0.0.1:${this.#port}`;
  }

  /** WebSockets that were opened. */
  get sockets() {
    return this.#sockets.clients;
  }

  /** A kubeconfig that leads here. */
  config({ cluster = {}, user = {} }: { cluster?: object; user?: object } = {}): KubeConfig {
    const config = new KubeConfig();
    config.loadFromString(JSON.stringify(this.kubeconfig({ cluster, user })));
    return config;
  }

  kubeconfig({ cluster = {}, user = {} }: { cluster?: object; user?: object } = {}): object {
    const insecure = this.#isTls ? {} : { "insecure-skip-tls-verify": true };
    return {
      "current-context": "fake",
      contexts: [{ name: "fake", context: { cluster: "fake", user: "tester", namespace: "ns" } }],
      clusters: [{ name: "fake", cluster: { server: this.url, ...insecure, ...cluster } }],
      users: [{ name: "tester", user }],
    };
  }

  lists(): Asked[] {
    return this.asked.filter(
      ({ method, isWatch, path }) => method === "GET" && !isWatch && isCollection(path),
    );
  }

  watches(): Asked[] {
    return this.asked.filter(({ isWatch }) => isWatch);
  }

  /** Resolves once so many requests of a kind have come. */
  async until(kind: "lists" | "watches", count: number): Promise<void> {
    while (this[kind]().length < count) {
      await new Promise<void>((resolve) => this.#heard.add(resolve));
    }
  }

  /** Puts an object there, or changes it, and tells who watches. */
  put(collection: string, object: Partial<KubeObject> & { metadata: { name: string } }): KubeObject {
    const objects = this.#in(collection);
    const known = objects.get(object.metadata.name);
    const resourceVersion = String(++this.#version);
    const uid = known?.metadata.uid ?? `uid-${resourceVersion}`;
    const put = { ...object, metadata: { ...object.metadata, uid, resourceVersion } };
    objects.set(object.metadata.name, put);
    this.tell(collection, { type: known ? "MODIFIED" : "ADDED", object: put });
    return put;
  }

  remove(collection: string, name: string): void {
    const object = this.#in(collection).get(name);
    if (!object) return;
    this.#in(collection).delete(name);
    const resourceVersion = String(++this.#version);
    this.tell(collection, {
      type: "DELETED",
      object: { ...object, metadata: { ...object.metadata, resourceVersion } },
    });
  }

  /** Forgets an object without telling anybody, as if its event had been missed. */
  forget(collection: string, name: string): void {
    this.#in(collection).delete(name);
  }

  names(collection: string): string[] {
    return [...this.#in(collection).keys()];
  }

  /** Sends an event, or any line, to all who watch a collection. */
  tell(collection: string, event: WatchEvent<unknown> | string): void {
    const line = typeof event === "string" ? event : `${JSON.stringify(event)}\n`;
    for (const watcher of this.#watchers) if (watcher.collection === collection) watcher.response.write(line);
  }

  endWatches(): void {
    for (const { response } of this.#watchers) response.end();
  }

  /** Breaks their connections, after some last bytes. */
  cutWatches(last = ""): void {
    for (const { response } of this.#watchers) response.write(last, () => response.socket?.destroy());
  }

  /** It dies, with all its connections. */
  async goAway(): Promise<void> {
    const closed = once(this.#server, "close");
    this.#server.close();
    for (const socket of this.#connections) socket.destroy();
    await closed;
  }

  /** It listens again where it did. */
  async comeBack(): Promise<void> {
    this.#server.listen(this.#port, "127.0.0.1");
    await once(this.#server, "listening");
    this.#port = (this.#server.address() as AddressInfo).port;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#server.listening) await this.goAway();
  }

  #in(collection: string): Map<string, KubeObject> {
    const objects = this.#objects.get(collection) ?? new Map<string, KubeObject>();
    this.#objects.set(collection, objects);
    return objects;
  }

  #note({ method = "", url = "", headers }: IncomingMessage, body: Record<string, unknown>): Asked {
    const { pathname, searchParams } = new URL(url, "http://fake");
    const query = Object.fromEntries(searchParams);
    const isConnect = headers.upgrade !== undefined;
    const asked = {
      method,
      path: pathname,
      query,
      headers,
      body,
      isWatch: query.watch === "true",
      isConnect,
    };
    this.asked.push(asked);
    for (const heard of this.#heard) heard();
    this.#heard.clear();
    return asked;
  }

  async #take(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const sent = await text(request).catch(() => "");
    const asked = this.#note(request, sent === "" ? {} : JSON.parse(sent));
    const fault = this.choose(asked);
    if (fault) return fault(response);
    const [, collection = asked.path, name] = places.exec(asked.path) ?? [];
    if (asked.isWatch) return this.#watch(collection, asked, response);
    if (asked.method === "GET" && name === undefined) {
      this.mostLists = Math.max(this.mostLists, ++this.#lists);
      if (this.listMs > 0) await new Promise((resolve) => setTimeout(resolve, this.listMs));
      this.#lists--;
    }
    const [status, body] = this.#answer(collection, name, asked);
    response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(body));
  }

  #watch(collection: string, { query }: Asked, response: ServerResponse): void {
    response.writeHead(200, { "content-type": "application/json" });
    response.flushHeaders();
    const watcher = { collection, response };
    this.#watchers.add(watcher);
    response.once("close", () => this.#watchers.delete(watcher));
    // What has changed since is told first.
    for (const object of this.#in(collection).values()) {
      if (Number(object.metadata.resourceVersion) > Number(query.resourceVersion))
        response.write(`${JSON.stringify({ type: "ADDED", object })}\n`);
    }
  }

  #answer(collection: string, name: string | undefined, asked: Asked): [number, object] {
    const { method, body, query } = asked;
    const objects = this.#in(collection);
    if (name === undefined && method === "POST") {
      const made = body as unknown as KubeObject;
      if (objects.has(made.metadata.name)) return statusOf(409, "AlreadyExists");
      return [201, this.put(collection, made)];
    }
    if (name === undefined) {
      const items = [...objects.values()].filter((object) => isSelected(object, query.labelSelector));
      return [200, { metadata: { resourceVersion: String(this.#version) }, items }];
    }
    const object = objects.get(name);
    if (!object) return statusOf(404, "NotFound");
    if (method === "PATCH") return [200, this.put(collection, merged(object, body))];
    if (method === "DELETE") {
      const { uid, resourceVersion } = (body.preconditions ?? {}) as Partial<KubeObject["metadata"]>;
      const isOther = (uid ?? object.metadata.uid) !== object.metadata.uid;
      const isChanged =
        (resourceVersion ?? object.metadata.resourceVersion) !== object.metadata.resourceVersion;
      if (isOther || isChanged) return statusOf(409, "Conflict");
      this.remove(collection, name);
    }
    return [200, object];
  }
}

function isCollection(path: string): boolean {
  return places.exec(path)?.[2] === undefined;
}

function statusOf(code: number, reason: string): [number, object] {
  return [code, { kind: "Status", code, reason, message: reason }];
}

function isSelected({ metadata }: KubeObject, selector = ""): boolean {
  const pairs = selector.split(",").filter(Boolean);
  return pairs.every((pair) => {
    const [key = "", value] = pair.split("=");
    return metadata.labels?.[key] === value;
  });
}

/** A JSON merge patch, as deep as tests need it. */
function merged(object: KubeObject, { spec, metadata }: Record<string, unknown>): KubeObject {
  const before = object as KubeObject & { readonly spec?: object };
  const after = { ...object, spec: { ...before.spec, ...(spec as object) } };
  return { ...after, metadata: { ...object.metadata, ...(metadata as object) } };
}

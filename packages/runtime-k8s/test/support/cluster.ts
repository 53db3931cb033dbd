import { randomUUID } from "node:crypto";
import { once } from "node:events";
import { readFile } from "node:fs/promises";
import { request as httpRequest, type IncomingMessage } from "node:http";
import { request as httpsRequest, type RequestOptions } from "node:https";
import { dirname, resolve } from "node:path";
import { createInterface } from "node:readline";
import { text } from "node:stream/consumers";
import { afterAll, beforeAll, describe, test } from "vitest";
import { parse } from "yaml";

/** A Kubernetes cluster that answers and has the images of the tests on its nodes. */
export interface Cluster {
  /** Path of the kubeconfig that leads to it, for a user who may do everything. */
  readonly kubeconfig: string;
  /**
   * What the API server answers to a request; a body is sent as JSON, a PATCH as merge patch unless `type` says otherwise. Rejects
   * with its message on a status above 299.
   */
  ask(path: string, options?: AskOptions): Promise<string>;
  /** The events of a path with `?watch=1`, until the caller leaves the loop or the server ends it. */
  watch<T>(path: string): AsyncGenerator<WatchEvent<T>>;
}

interface AskOptions {
  readonly method?: string;
  readonly body?: object;
  readonly type?: string;
}

export interface WatchEvent<T> {
  readonly type: string;
  readonly object: T;
}

/** There is no cluster to use: what failed, and what to do. */
export interface NoCluster {
  readonly reason: string;
}

type Environment = Readonly<Record<string, string | undefined>>;

const images = ["omg-test/busybox:1", "omg-test/node:1", "omg-test/everything:1"];
const noCluster: Cluster = {
  kubeconfig: "",
  ask: () => Promise.reject(new Error("there is no cluster")),
  async *watch() {},
};
const found = await cluster();

/**
 * The cluster of `KUBECONFIG`, or else the one that scripts of test/engines start; it only looks. One without the images of
 * the tests is not meant for tests, and nothing is created in it.
 */
export async function cluster(environment: Environment = process.env): Promise<Cluster | NoCluster> {
  const kubeconfig = environment.KUBECONFIG || "/run/omg-engines/k8s/admin.kubeconfig";
  let connection: Connection;
  try {
    connection = await readKubeconfig(kubeconfig);
  } catch (error) {
    return {
      reason: `no Kubernetes cluster: ${kubeconfig} can not be used (${wordFor(error)}); start one with test/engines/up.sh`,
    };
  }
  const here: Cluster = {
    kubeconfig,
    ask: async (path, options) => text(await send(connection, path, options)),
    watch: (path) => watch(connection, path),
  };
  const { server } = connection;
  try {
    const nodes: Node[] = JSON.parse(await here.ask("/api/v1/nodes")).items;
    const ready = nodes.filter(isReady);
    if (ready.length === 0)
      return { reason: `the Kubernetes cluster at ${server} has no node that is ready` };
    const missing = images.filter((image) => !ready.every((node) => hasImage(node, image)));
    if (missing.length === 0) return here;
    return {
      reason: `the Kubernetes cluster at ${server} has not all images of the tests on its nodes (${missing.join(", ")}); build them with test/engines/docker-images.sh`,
    };
  } catch (error) {
    return {
      reason: `no Kubernetes cluster answers at ${server} (${wordFor(error)}); start one with test/engines/up.sh`,
    };
  }
}

/**
 * A suite that needs a cluster. Without one it is skipped and its name says why; where `OMG_REQUIRED_ENGINES` lists `k8s`,
 * it fails.
 */
export function describeWithCluster(name: string, suite: (cluster: Cluster) => void): void {
  if (!("reason" in found)) {
    describe(name, () => suite(found));
  } else if (process.env.OMG_REQUIRED_ENGINES?.split(",").includes("k8s")) {
    describe(name, () => {
      test("has the Kubernetes cluster that OMG_REQUIRED_ENGINES asks for", () => {
        throw new Error(found.reason);
      });
    });
  } else {
    process.stderr.write(`skipped: ${name}: ${found.reason}\n`);
    // The suite is read, so that its tests are counted, but none of it runs.
    describe.skip(`${name} (${found.reason})`, () => suite(noCluster));
  }
}

/** The name of a namespace that is there while the tests of a suite run; it goes away with all that is in it. */
export function testNamespace(cluster: Cluster): string {
  const name = namespaceName();
  beforeAll(() => makeNamespace(cluster, name));
  afterAll(() => removeNamespace(cluster, name));
  return name;
}

/** A name that no namespace has. */
export function namespaceName(): string {
  return `omg-test-${randomUUID().slice(0, 8)}`;
}

/** Resolves once pods can be made in it. */
export async function makeNamespace(cluster: Cluster, name: string): Promise<void> {
  await cluster.ask("/api/v1/namespaces", { method: "POST", body: { metadata: { name } } });
  // Without its service account no pod can be made.
  const account = "fieldSelector=metadata.name%3Ddefault";
  for await (const _ of cluster.watch(`/api/v1/namespaces/${name}/serviceaccounts?watch=1&${account}`)) break;
}

/** All that is in it goes, too. */
export async function removeNamespace(cluster: Cluster, name: string): Promise<void> {
  await cluster.ask(`/api/v1/namespaces/${name}`, { method: "DELETE" });
}

interface Node {
  readonly status: {
    readonly conditions?: readonly { readonly type: string; readonly status: string }[];
    readonly images?: readonly { readonly names?: readonly string[] | null }[];
  };
}

function isReady({ status }: Node): boolean {
  return (
    status.conditions?.some((condition) => condition.type === "Ready" && condition.status === "True") ?? false
  );
}

/** Other container runtimes name the registry that they would ask. */
function hasImage({ status }: Node, image: string): boolean {
  const names = status.images?.flatMap((known) => known.names ?? []) ?? [];
  return names.includes(image) || names.includes(`docker.io/${image}`);
}

/** Where an API server is, and how it knows who asks. */
type Connection = RequestOptions & { readonly server: string };

/** What the tests read of a kubeconfig. Certificates and keys stand in it, or are files named from where it lies. */
interface Kubeconfig {
  readonly "current-context"?: string;
  readonly contexts?: readonly {
    readonly name: string;
    readonly context: { cluster: string; user?: string };
  }[];
  readonly clusters?: readonly { readonly name: string; readonly cluster: Settings }[];
  readonly users?: readonly { readonly name: string; readonly user: Settings }[];
}

type Settings = Readonly<Record<string, string | undefined>>;

async function readKubeconfig(path: string): Promise<Connection> {
  const config: Kubeconfig | null = parse(await readFile(path, "utf8"));
  const context = config?.contexts?.find(({ name }) => name === config["current-context"])?.context;
  const authority = config?.clusters?.find(({ name }) => name === context?.cluster)?.cluster;
  const user = config?.users?.find(({ name }) => name === context?.user)?.user;
  if (authority?.server === undefined) throw new Error("its current context has no server");
  const material = async (settings: Settings | undefined, name: string) => {
    const inside = settings?.[`${name}-data`];
    if (inside !== undefined) return Buffer.from(inside, "base64");
    const file = settings?.[name];
    return file === undefined ? undefined : readFile(resolve(dirname(path), file));
  };
  return {
    server: authority.server,
    ca: await material(authority, "certificate-authority"),
    cert: await material(user, "client-certificate"),
    key: await material(user, "client-key"),
    headers: user?.token === undefined ? {} : { authorization: `Bearer ${user.token}` },
  };
}

/** An answer that is a success, which begins within 10 s. */
async function send(
  { server, headers, ...identity }: Connection,
  path: string,
  {
    method = "GET",
    body,
    type = method === "PATCH" ? "application/merge-patch+json" : "application/json",
  }: AskOptions = {},
): Promise<IncomingMessage> {
  const url = new URL(server.replace(/\/$/, "") + path);
  const options = {
    ...identity,
    method,
    headers: { ...headers, "content-type": type },
    agent: false as const,
    timeout: 10_000,
  };
  const asking = url.protocol === "https:" ? httpsRequest(url, options) : httpRequest(url, options);
  asking.once("timeout", () => asking.destroy(new Error("nothing in 10 s")));
  asking.end(body && JSON.stringify(body));
  const [response] = (await once(asking, "response")) as [IncomingMessage];
  // From here on it may be quiet for as long as nothing happens.
  asking.setTimeout(0);
  if ((response.statusCode ?? 0) > 299) {
    throw new Error(`${method} ${path}: HTTP ${response.statusCode} ${await text(response)}`);
  }
  return response;
}

async function* watch<T>(connection: Connection, path: string): AsyncGenerator<WatchEvent<T>> {
  const response = await send(connection, path);
  try {
    for await (const line of createInterface({ input: response })) yield JSON.parse(line);
  } finally {
    response.destroy();
  }
}

function wordFor(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return "code" in error ? String(error.code) : error.message;
}

import { once } from "node:events";
import { readFileSync } from "node:fs";
import { type AddressInfo, connect, createServer, type Socket } from "node:net";
import { parse, stringify } from "yaml";

interface Kubeconfig {
  readonly clusters: { readonly cluster: { server: string } }[];
}

interface Connection {
  readonly client: Socket;
  readonly upstream: Socket;
}

/** Stands between a gateway and an API server, and can take it away. */
export class ApiRelay implements AsyncDisposable {
  /** One that leads to the API server through here. */
  readonly kubeconfig: string;
  readonly #connections = new Set<Connection>();
  readonly #server = createServer({ allowHalfOpen: true }, (client) => this.#pass(client));
  readonly #target: URL;
  #port = 0;
  #hangs = false;

  /** The kubeconfig names the API server, whose certificate must be good for every port of its host. */
  static async start(kubeconfig: string): Promise<ApiRelay> {
    const config: Kubeconfig = parse(readFileSync(kubeconfig, "utf8"));
    const cluster = config.clusters[0]?.cluster;
    const relay = new ApiRelay(new URL(cluster?.server ?? ""));
    await relay.comeBack();
    if (cluster) cluster.server = `https://127.0.0.1:${relay.#port}`;
    return Object.assign(relay, { kubeconfig: stringify(config) });
  }

  private constructor(target: URL) {
    this.kubeconfig = "";
    this.#target = target;
  }

  /** The connections over which something is sent to the API server while an action lasts. */
  async usedBy(action: () => Promise<unknown>): Promise<ReadonlySet<Connection>> {
    const before = new Map([...this.#connections].map((one) => [one, one.client.bytesRead]));
    await action();
    return new Set([...before].filter(([one, bytes]) => one.client.bytesRead > bytes).map(([one]) => one));
  }

  /** New connections are refused, and those that there are break, except some. */
  async goAway(except: ReadonlySet<Connection> = new Set()): Promise<void> {
    this.#server.close();
    for (const connection of this.#connections)
      if (!except.has(connection)) connection.client.resetAndDestroy();
  }

  /** Connections are taken, and nothing passes any more, in no direction. */
  hang(): void {
    this.#hangs = true;
    for (const { client, upstream } of this.#connections) {
      client.unpipe(upstream).pause();
      upstream.unpipe(client).pause();
    }
  }

  /** What was held up passes on. */
  goOn(): void {
    this.#hangs = false;
    for (const { client, upstream } of this.#connections) client.pipe(upstream).pipe(client);
  }

  async comeBack(): Promise<void> {
    if (this.#server.listening) return;
    this.#server.listen(this.#port, "127.0.0.1");
    await once(this.#server, "listening");
    this.#port = (this.#server.address() as AddressInfo).port;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.goAway();
  }

  #pass(client: Socket): void {
    const upstream = connect({
      port: Number(this.#target.port || 443),
      host: this.#target.hostname,
      allowHalfOpen: true,
    });
    const connection = { client, upstream };
    this.#connections.add(connection);
    for (const socket of [client, upstream]) socket.on("error", () => {});
    if (!this.#hangs) client.pipe(upstream).pipe(client);
    client.once("close", () => {
      this.#connections.delete(connection);
      upstream.destroy();
    });
    upstream.once("close", () => client.destroy());
  }
}

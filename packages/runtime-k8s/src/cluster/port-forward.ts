import { Duplex } from "node:stream";
import type WebSocket from "ws";
import type { Cluster } from "./cluster.ts";
import { keepAlive } from "./keep-alive.ts";

export interface ForwardTarget {
  readonly namespace: string;
  readonly pod: string;
  readonly port: number;
  readonly signal: AbortSignal;
}

const DATA = 0;
const FAULT = 1;
/** Each channel begins with the port's number. */
const headerBytes = 2;
const protocols = ["v4.channel.k8s.io"];

/** One TCP connection to a port of a pod, through the API server. Rejects with a `ClusterFailure`. */
export async function forward(
  cluster: Cluster,
  { namespace, pod, port, signal }: ForwardTarget,
): Promise<Duplex> {
  const path = `/api/v1/namespaces/${namespace}/pods/${pod}/portforward`;
  return new ForwardedSocket(await cluster.connect(path, { query: { ports: port }, signal }, protocols));
}

/** A `Duplex` with the methods that HTTP clients call on sockets. */
class ForwardedSocket extends Duplex {
  readonly #socket: WebSocket;
  readonly #headers: [number, number] = [headerBytes, headerBytes];

  constructor(socket: WebSocket) {
    super({ allowHalfOpen: false });
    this.#socket = socket;
    socket.on("message", (data: Buffer) => this.#take(data));
    socket.on("error", (error) => this.destroy(error));
    socket.on("close", () => {
      this.push(null);
      this.destroy();
    });
    keepAlive(socket);
    socket.resume();
  }

  override _read(): void {
    this.#socket.resume();
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: (error?: Error | null) => void): void {
    this.#socket.send(Buffer.concat([Buffer.of(DATA), chunk]), done);
  }

  override _final(done: () => void): void {
    this.#socket.close();
    done();
  }

  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    this.#socket.terminate();
    done(error);
  }

  setKeepAlive(): this {
    return this;
  }

  setNoDelay(): this {
    return this;
  }

  setTimeout(): this {
    return this;
  }

  ref(): this {
    return this;
  }

  unref(): this {
    return this;
  }

  #take(data: Buffer): void {
    const channel = data[0];
    if (channel !== DATA && channel !== FAULT) return;
    let bytes = data.subarray(1);
    const header = Math.min(this.#headers[channel], bytes.length);
    this.#headers[channel] -= header;
    bytes = bytes.subarray(header);
    if (bytes.length === 0) return;
    // For example that nothing listens there.
    if (channel === FAULT) this.destroy(new Error(bytes.toString().trim()));
    else if (!this.push(bytes)) this.#socket.pause();
  }
}

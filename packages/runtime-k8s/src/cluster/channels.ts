import { PassThrough, type Readable, Writable } from "node:stream";
import type WebSocket from "ws";
import type { Cluster } from "./cluster.ts";
import { keepAlive } from "./keep-alive.ts";

/** The channels of a connection into a container, as Kubernetes numbers them (remotecommand). */
const STDIN = 0;
const STDOUT = 1;
const STDERR = 2;
const STATUS = 3;
const CLOSE = 255;

/** Since 1.29 one channel can be closed by itself; before, only the whole connection. */
const closesChannels = "v5.channel.k8s.io";
const protocols = [closesChannels, "v4.channel.k8s.io"];

/** The stdin, stdout and stderr of a container that runs. */
export interface Attached {
  readonly stdin: Writable;
  /** Whether ending stdin leaves the rest of the connection as it is; clusters before 1.29 can not do that. */
  readonly endsByHalves: boolean;
  readonly stdout: Readable;
  readonly stderr: Readable;
  /** Ends the connection, however much is under way. */
  destroy(): void;
}

export interface AttachTarget {
  readonly namespace: string;
  readonly pod: string;
  readonly container: string;
  readonly stdin: boolean;
  readonly signal: AbortSignal;
}

/** Attaches to a container of a pod. What it wrote before is not seen. Rejects with a `ClusterFailure`. */
export async function attach(cluster: Cluster, target: AttachTarget): Promise<Attached> {
  const { namespace, pod, container, stdin, signal } = target;
  const query = { container, stdin, stdout: true, stderr: true, tty: false };
  const path = `/api/v1/namespaces/${namespace}/pods/${pod}/attach`;
  return channelsOf(await cluster.connect(path, { query, signal }, protocols));
}

function channelsOf(socket: WebSocket): Attached {
  const stdout = new PassThrough();
  const stderr = new PassThrough();
  const end = () => {
    stdout.end();
    stderr.end();
  };
  const stdin = new Writable({
    write: (chunk: Buffer, _encoding, done) => send(socket, Buffer.concat([Buffer.of(STDIN), chunk]), done),
    // Lines that wait leave as one message.
    writev: (chunks, done) => {
      send(socket, Buffer.concat([Buffer.of(STDIN), ...chunks.map(({ chunk }) => chunk as Buffer)]), done);
    },
    final: (done) => {
      if (socket.protocol === closesChannels) send(socket, Buffer.of(CLOSE, STDIN), done);
      else {
        socket.close();
        done();
      }
    },
  });

  socket.on("message", (data: Buffer) => {
    const bytes = data.subarray(1);
    if (data[0] === STDERR) stderr.write(bytes);
    else if (data[0] === STATUS) end();
    else if (data[0] === STDOUT && bytes.length > 0 && !stdout.write(bytes)) {
      // Only the server's messages hold the connection up: its log is always read.
      socket.pause();
      stdout.once("drain", () => socket.resume());
    }
  });
  socket.on("error", end);
  socket.on("close", end);
  stdin.on("error", () => {});
  keepAlive(socket);
  socket.resume();
  return {
    stdin,
    endsByHalves: socket.protocol === closesChannels,
    stdout,
    stderr,
    destroy: () => socket.terminate(),
  };
}

function send(socket: WebSocket, bytes: Buffer, done: (error?: Error | null) => void): void {
  if (socket.readyState === socket.OPEN) socket.send(bytes, done);
  else done(new Error("the connection to the pod is closed"));
}

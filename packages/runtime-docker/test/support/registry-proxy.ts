import { once } from "node:events";
import { createServer, type IncomingMessage, request, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { setTimeout } from "node:timers/promises";

const pieceBytes = 64 * 1024;
const pieceMs = 20;

/** What happens to an answer of the registry. */
export interface Fault {
  /** Said in the registry's place. */
  readonly instead?: { readonly status: number; readonly body: string };
  /** Bytes of the body after which it goes on only when `until` resolves. Those before come slowly: engines report in steps of time. */
  readonly pauseAfter?: number;
  readonly until?: Promise<void>;
  /** Bytes of the body after which the connection is reset. */
  readonly cutAfter?: number;
  /** The engine has hung up before it had everything. */
  readonly onHangUp?: () => void;
}

/** Stands in front of a registry: knows what engines ask, and does harm. */
export interface RegistryProxy extends AsyncDisposable {
  readonly address: string;
  /** `GET /v2/name/manifests/tag`, in order. */
  readonly requests: string[];
  /** Of requests to come: what is to happen to one of this path. */
  fault: (path: string) => Fault | undefined;
}

export async function proxyOf(registry: string): Promise<RegistryProxy> {
  const server = createServer((incoming, outgoing) => {
    const { method, url = "" } = incoming;
    proxy.requests.push(`${method} ${url}`);
    const fault = proxy.fault(url) ?? {};
    if (!fault.instead) return pass(registry, incoming, outgoing, fault);
    incoming.resume();
    outgoing.writeHead(fault.instead.status, { "content-type": "application/json" });
    outgoing.end(method === "HEAD" ? undefined : fault.instead.body);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const proxy: RegistryProxy = {
    address: `127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests: [],
    fault: () => undefined,
    async [Symbol.asyncDispose]() {
      server.close();
      server.closeAllConnections();
      await once(server, "close");
    },
  };
  return proxy;
}

/** A fault of every blob: it comes slowly, stops after so many bytes, and goes on when it is opened. */
export function slowBlobs(pauseAfter: number) {
  const { promise: until, resolve: open } = Promise.withResolvers<void>();
  const { promise: hungUp, resolve: onHangUp } = Promise.withResolvers<void>();
  const fault = (path: string): Fault | undefined =>
    path.includes("/blobs/") ? { pauseAfter, until, onHangUp } : undefined;
  return { fault, open, hungUp };
}

function pass(registry: string, incoming: IncomingMessage, outgoing: ServerResponse, fault: Fault): void {
  const { method, url, headers } = incoming;
  const [host, port] = registry.split(":");
  const onward = request({ host, port, method, path: url, headers, agent: false }, (answer) => {
    outgoing.writeHead(answer.statusCode ?? 502, answer.headers);
    if (method === "HEAD") outgoing.end();
    else passBody(answer, outgoing, fault).catch(() => outgoing.destroy());
  });
  outgoing.once("close", () => onward.destroy());
  onward.on("error", () => outgoing.destroy());
  incoming.pipe(onward);
}

async function passBody(answer: IncomingMessage, outgoing: ServerResponse, fault: Fault): Promise<void> {
  const { pauseAfter = Number.POSITIVE_INFINITY, until, cutAfter = Number.POSITIVE_INFINITY } = fault;
  let isSlow = until !== undefined;
  void until?.then(() => {
    isSlow = false;
  });
  let passed = 0;
  outgoing.once("close", () => {
    if (passed < Number(answer.headers["content-length"])) fault.onHangUp?.();
  });
  for await (const chunk of answer as AsyncIterable<Buffer>) {
    for (let at = 0; at < chunk.length; at += pieceBytes) {
      if (passed >= cutAfter) return void outgoing.socket?.resetAndDestroy();
      if (passed >= pauseAfter) await until;
      const piece = chunk.subarray(at, at + pieceBytes);
      outgoing.write(piece);
      passed += piece.length;
      if (isSlow) await setTimeout(pieceMs);
    }
  }
  outgoing.end();
}

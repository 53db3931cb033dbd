import { createServer, request as httpRequest, type RequestListener } from "node:http";
import { createServer as createTlsServer } from "node:https";
import { connect } from "node:net";
import type { Identity } from "./certificates.ts";
import { type Listener, listen } from "./guarded.ts";

export interface ConnectProxy extends Listener {
  /** The first lines of what it was asked, for example `CONNECT remote.example:443`. */
  readonly asked: string[];
  /** What `proxy-authorization` said each time. */
  readonly credentials: (string | undefined)[];
}

export interface ConnectProxyOptions {
  /** Where every name leads to on this machine. */
  readonly port: number;
  /** What it answers to CONNECT instead of doing it. */
  readonly refusal?: string;
  /** It takes the question, and is silent. */
  readonly mute?: boolean;
  readonly tls?: Identity;
}

/** A proxy as companies have them: CONNECT for TLS, whole URLs for plain HTTP. */
export async function connectProxy({ port, refusal, mute, tls }: ConnectProxyOptions): Promise<ConnectProxy> {
  const asked: string[] = [];
  const credentials: (string | undefined)[] = [];
  const forward: RequestListener = (request, response) => {
    asked.push(`${request.method} ${request.url}`);
    credentials.push(request.headers["proxy-authorization"]);
    const { method } = request;
    const { pathname } = new URL(request.url ?? "");
    const onward = httpRequest(
      { host: "127.0.0.1", port, path: pathname, method, headers: request.headers, agent: false },
      (answer) => {
        response.writeHead(answer.statusCode ?? 502, answer.headers);
        answer.pipe(response);
      },
    );
    onward.on("error", () => response.destroy());
    request.pipe(onward);
  };
  const server = tls ? createTlsServer(tls, forward) : createServer(forward);
  server.on("connect", (request, socket) => {
    asked.push(`CONNECT ${request.url}`);
    credentials.push(request.headers["proxy-authorization"]);
    if (mute) {
      socket.on("end", () => socket.end()).resume();
      return;
    }
    if (refusal !== undefined) {
      socket.end(`HTTP/1.1 ${refusal}\r\n\r\n`);
      return;
    }
    const onward = connect(port, "127.0.0.1", () => {
      socket.write("HTTP/1.1 200 Connection established\r\n\r\n");
      socket.pipe(onward).pipe(socket);
    });
    onward.on("error", () => socket.destroy());
    socket.on("error", () => onward.destroy());
    socket.on("close", () => onward.destroy());
    onward.on("close", () => socket.destroy());
  });
  return Object.assign(await listen(server), { asked, credentials });
}

import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Socket } from "node:net";
import { createServer as createTlsServer, type TlsOptions } from "node:tls";

/** Takes an engine's socket to a port of loopback, as an engine that listens there would; with options, over TLS. */
export async function tcpRelay(socketPath: string, tls?: TlsOptions) {
  const sockets = new Set<Socket>();
  const relay = (client: Socket) => {
    const engine = connect({ path: socketPath, allowHalfOpen: true });
    for (const socket of [client, engine]) socket.on("error", () => {});
    client.pipe(engine).pipe(client);
    client.once("close", () => engine.destroy());
  };
  const server = tls
    ? createTlsServer({ ...tls, allowHalfOpen: true }, relay)
    : createServer({ allowHalfOpen: true }, relay);
  server.on("connection", (socket: Socket) => {
    sockets.add(socket);
    socket.once("close", () => sockets.delete(socket));
  });
  server.on("tlsClientError", () => {});
  await once(server.listen(0, "127.0.0.1"), "listening");
  return {
    port: (server.address() as AddressInfo).port,
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

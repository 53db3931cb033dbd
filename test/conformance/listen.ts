import { once } from "node:events";
import { createServer, type RequestListener } from "node:http";

/** An HTTP server of this process. Disposing ends its connections, too. */
export interface LocalServer extends AsyncDisposable {
  readonly port: number;
}

/** Listens on a free port of this machine, and on no address that others can reach. */
export async function listen(listener: RequestListener): Promise<LocalServer> {
  const server = createServer(listener).listen(0, "localhost");
  await once(server, "listening");
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error(`No port: ${address}`);
  return {
    port: address.port,
    async [Symbol.asyncDispose]() {
      const closed = once(server, "close");
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
}

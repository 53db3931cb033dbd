import { once } from "node:events";
import { createServer, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

const thinkingMs = 2000;
const unknown = { errors: [{ code: "MANIFEST_UNKNOWN", message: "no such thing here" }] };

/** A registry that thinks long before it says that it has no such image. Engines speak plain HTTP with those of loopback. */
export class SlowRegistry implements AsyncDisposable {
  /** How often an image was asked for, not just whether there is one. */
  pulls = 0;
  readonly #server = createServer(({ method, url = "" }, response) => {
    if (!url.includes("/manifests/")) say(response, 200, {});
    else {
      if (method === "GET") this.pulls++;
      setTimeout(() => say(response, 404, unknown), thinkingMs);
    }
  });

  private constructor() {}

  static async start(): Promise<SlowRegistry> {
    const registry = new SlowRegistry();
    registry.#server.listen(0, "127.0.0.1");
    await once(registry.#server, "listening");
    return registry;
  }

  get address(): string {
    return `127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const closed = once(this.#server, "close");
    this.#server.close();
    this.#server.closeAllConnections();
    await closed;
  }
}

function say(response: ServerResponse, status: number, body: object): void {
  response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(body));
}

import { SSEClientTransport } from "@modelcontextprotocol/sdk/client/sse.js";
import { StdioClientTransport } from "@modelcontextprotocol/sdk/client/stdio.js";
import type { Transport } from "@modelcontextprotocol/sdk/shared/transport.js";
import type { ClientCapabilities } from "@modelcontextprotocol/sdk/types.js";
import { listeningHttp } from "./clients/listening-http.ts";
import type { Raw } from "./clients/raw.ts";
import { type RawHttp, rawOverHttp } from "./clients/raw-http.ts";
import { rawOverPipe } from "./clients/raw-pipe.ts";
import { ssePipe } from "./clients/sse-pipe.ts";
import { stdioPipe } from "./clients/stdio-pipe.ts";
import { TestClient } from "./clients/test-client.ts";
import { fragileServer, type Gateways, mainServer } from "./gateways.ts";
import type { Place } from "./place.ts";

export interface OtherOptions {
  readonly capabilities?: ClientCapabilities;
  /** Whose tools it calls, and which it talks to where it talks to one. */
  readonly server?: string;
}

const latest = "2025-11-25";

/** One place, and the clients that are connected there; all of them go when it is disposed. */
export class Cell implements AsyncDisposable {
  readonly place: Place;
  readonly #gateways: Gateways;
  readonly #stack = new AsyncDisposableStack();
  #client: Promise<TestClient> | undefined;
  readonly #raw = new Map<string, Promise<Raw>>();

  constructor(place: Place, gateways: Gateways) {
    this.place = place;
    this.#gateways = gateways;
  }

  /** The gateway's address, for fronts that have one. */
  get url(): string {
    return this.#gateways.urls[this.place.scope];
  }

  /**
   * A server for checks that crash it, or give calls up: for a while after that, a shared server's questions and log
   * messages are for nobody.
   */
  get fragile(): string {
    return fragileServer(this.place);
  }

  /** A server's own name for a tool or prompt, as clients here know it. */
  name(own: string, server = mainServer): string {
    return this.place.endpoint === "all" ? `${server}__${own}` : own;
  }

  /** A client that can do everything, the same for all checks. */
  client(): Promise<TestClient> {
    this.#client ??= this.connect().then((client) => this.#stack.use(client));
    return this.#client;
  }

  /** Another client of the same gateway; over stdio of a gateway of its own. */
  async connect({ capabilities, server = mainServer }: OtherOptions = {}): Promise<TestClient> {
    return this.#open(server, (transport) =>
      TestClient.connect(transport, {
        ...(capabilities && { capabilities }),
        toolName: (own) => this.name(own, server),
      }),
    );
  }

  /** A conversation in text of a client that can do nothing but sampling, the same for all checks that want this version. */
  raw(version = latest): Promise<Raw> {
    let raw = this.#raw.get(version);
    if (!raw) {
      raw = this.openRaw({ version }).then((opened) => this.#stack.use(opened));
      this.#raw.set(version, raw);
    }
    return raw;
  }

  /** Another one, for a check that ends it. `server`: to which it talks where it talks to one. */
  async openRaw({ version = latest, server = mainServer } = {}): Promise<Raw> {
    const options = { version, capabilities: { sampling: {} } };
    const { front, scope } = this.place;
    if (front === "http") return rawOverHttp(this.address(server), options);
    if (front === "sse") return rawOverPipe(await ssePipe(this.address(server)), options);
    return rawOverPipe(await stdioPipe(this.#gateways.stdio(scope, this.#one(server))), options);
  }

  /** Another one over streamable HTTP, which has requests and streams to look at. */
  openHttp(): Promise<RawHttp> {
    return rawOverHttp(this.address(), { version: latest, capabilities: {} });
  }

  /** Where clients connect, over fronts that have addresses. */
  address(server = mainServer): string {
    const path = this.place.front === "sse" ? "sse" : "mcp";
    const one = this.#one(server);
    return `${this.url}${one === undefined ? "" : `/servers/${one}`}/${path}`;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#stack.disposeAsync();
  }

  #one(server: string): string | undefined {
    return this.place.endpoint === "one" ? server : undefined;
  }

  async #open(server: string, connect: (transport: Transport) => Promise<TestClient>): Promise<TestClient> {
    const { front, scope } = this.place;
    if (front === "stdio") {
      const command = this.#gateways.stdio(scope, this.#one(server));
      return connect(new StdioClientTransport({ ...command, stderr: "ignore" }));
    }
    const url = new URL(this.address(server));
    if (front === "sse") return connect(new SSEClientTransport(url));
    const { transport, listening } = listeningHttp(url);
    const client = await connect(transport);
    await listening;
    return client;
  }
}

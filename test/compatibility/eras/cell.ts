import { StreamableHTTPClientTransport } from "@modelcontextprotocol/client";
import { StdioClientTransport as ModernStdioTransport } from "@modelcontextprotocol/client/stdio";
import { StdioClientTransport } from "@modelcontextprotocol/sdk/client/stdio.js";
import { listeningHttp } from "../clients/listening-http.ts";
import { rawOverHttp } from "../clients/raw-http.ts";
import { rawOverPipe } from "../clients/raw-pipe.ts";
import { type Command, stdioPipe } from "../clients/stdio-pipe.ts";
import type { EraClient } from "./clients/era-client.ts";
import { type EraRaw, legacyRaw } from "./clients/era-raw.ts";
import { connectLegacy } from "./clients/legacy-client.ts";
import { ModernClient } from "./clients/modern-client.ts";
import { modernRawOverHttp, modernRawOverPipe } from "./clients/raw-modern.ts";
import { type Catalog, type EraGateways, mainServer } from "./gateways.ts";
import type { Era, EraPlace } from "./place.ts";

export interface Target {
  /** Whose tools it calls, and which it talks to where it talks to one. */
  readonly server?: string;
  readonly scope?: Catalog["scope"];
  /** What the client speaks, if not what those of this place do. */
  readonly era?: Era;
}

interface RawTarget extends Target {
  /** What a client with a session asks for. */
  readonly version?: string;
}

const capabilities = { sampling: {}, elicitation: { form: {}, url: {} } };

/** One place, and the clients that are connected there; all of them go when it is disposed. */
export class EraCell implements AsyncDisposable {
  readonly place: EraPlace;
  readonly #gateways: EraGateways;
  readonly #stack = new AsyncDisposableStack();
  #client: Promise<EraClient> | undefined;
  #other: Promise<EraClient> | undefined;
  #raw: Promise<EraRaw> | undefined;

  constructor(place: EraPlace, gateways: EraGateways) {
    this.place = place;
    this.#gateways = gateways;
  }

  /** A server's own name for a tool or prompt, as clients here know it. */
  name(own: string, server = mainServer): string {
    return this.place.endpoint === "all" ? `${server}__${own}` : own;
  }

  /** The main server's own URI, as clients here know it: where they talk to all servers, another one lists it, too. */
  uri(own: string): string {
    return this.place.endpoint === "all" ? `omg:${mainServer}/${own}` : own;
  }

  /** A client that can do everything, the same for all checks. */
  client(): Promise<EraClient> {
    this.#client ??= this.connect().then((client) => this.#stack.use(client));
    return this.#client;
  }

  /** Another one, the same for all checks. */
  other(): Promise<EraClient> {
    this.#other ??= this.connect().then((client) => this.#stack.use(client));
    return this.#other;
  }

  /** One more client of the same gateway; over stdio of a gateway of its own. */
  async connect(target: Target = {}): Promise<EraClient> {
    const { front } = this.place;
    const { era: client = this.place.client } = target;
    const toolName = (own: string) => this.name(own, target.server);
    if (front === "stdio") {
      const command = { ...this.#command(target), stderr: "ignore" as const };
      return client === "legacy"
        ? connectLegacy(new StdioClientTransport(command), toolName)
        : ModernClient.connect(new ModernStdioTransport(command), toolName);
    }
    const url = new URL(this.#address(target));
    if (client === "modern") return ModernClient.connect(new StreamableHTTPClientTransport(url), toolName);
    const { transport, listening } = listeningHttp(url);
    const connected = await connectLegacy(transport, toolName);
    await listening;
    return connected;
  }

  /** A conversation in text, the same for all checks. */
  raw(): Promise<EraRaw> {
    this.#raw ??= this.openRaw().then((raw) => this.#stack.use(raw));
    return this.#raw;
  }

  /** Another one. */
  async openRaw({ version = "2025-11-25", ...target }: RawTarget = {}): Promise<EraRaw> {
    const { client, front } = this.place;
    const legacy = { version, capabilities };
    if (front === "http") {
      const url = this.#address(target);
      return client === "modern" ? modernRawOverHttp(url) : legacyRaw(await rawOverHttp(url, legacy));
    }
    const pipe = await stdioPipe(this.#command(target));
    return client === "modern" ? modernRawOverPipe(pipe) : legacyRaw(await rawOverPipe(pipe, legacy));
  }

  /** Figures of the gateway, for fronts that have them. */
  async stats(): Promise<Record<string, unknown>> {
    const response = await fetch(`${this.#gateways.url(this.#catalog({}))}/stats`);
    return (await response.json()) as Record<string, unknown>;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#stack.disposeAsync();
  }

  #catalog({ scope = "shared" }: Target): Catalog {
    const { server, carrier } = this.place;
    return { server, carrier, scope };
  }

  #one({ server = mainServer }: Target): string | undefined {
    return this.place.endpoint === "one" ? server : undefined;
  }

  #address(target: Target): string {
    const one = this.#one(target);
    return `${this.#gateways.url(this.#catalog(target))}${one === undefined ? "" : `/servers/${one}`}/mcp`;
  }

  #command(target: Target): Command {
    return this.#gateways.stdio(this.#catalog(target), this.#one(target));
  }
}

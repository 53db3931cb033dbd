import type { Clock } from "../clock.ts";
import { gatewayInfo } from "../gateway-info.ts";
import type { PooledServer } from "../pool/server.ts";
import { OmgError } from "../runtime/errors.ts";
import { type Frame, type RequestId, resultFrame } from "../runtime/frame.ts";
import type { Params } from "../runtime/transport.ts";
import type { Call } from "../session/call.ts";
import { tellProgress } from "../session/start-progress.ts";
import type { Catalog } from "./catalog.ts";
import type { Endpoint } from "./endpoint.ts";
import type { ListKind } from "./listing.ts";

const maxReplacements = 5;

interface LastAnswer {
  readonly digest: string;
  /** Fingerprints of the servers whose offer was not known then. */
  readonly missing: ReadonlySet<string>;
}

/** All servers as one: names carry the server's slug, lists are merged, requests go to the server that can answer. */
export class AggregateEndpoint implements Endpoint {
  readonly #catalog: Catalog;
  readonly #session: string;
  readonly #clock: Clock;
  /** The lists that this session was given last. */
  readonly #lastAnswers = new Map<ListKind, LastAnswer>();

  constructor(catalog: Catalog, session: string, clock: Clock) {
    this.#catalog = catalog;
    this.#session = session;
    this.#clock = clock;
  }

  async introduce(): Promise<Params> {
    return {
      capabilities: {
        tools: { listChanged: true },
        prompts: { listChanged: true },
        resources: { listChanged: true },
        completions: {},
      },
      serverInfo: gatewayInfo,
    };
  }

  request(call: Call): Promise<Frame> {
    const { method, name, uri } = call.frame.head;
    switch (method) {
      case "tools/list":
        return this.#list(call, "tools");
      case "prompts/list":
        return this.#list(call, "prompts");
      case "resources/list":
        return this.#list(call, "resources");
      case "resources/templates/list":
        return this.#list(call, "resourceTemplates");
      case "tools/call":
        return this.#forwardNamed(call, "tool", required(name, "name"));
      case "prompts/get":
        return this.#forwardNamed(call, "prompt", required(name, "name"));
      case "resources/read":
        return this.#forwardUri(call, required(uri, "uri"));
      case "completion/complete":
        if (uri !== undefined) return this.#forwardUri(call, uri);
        return this.#forwardNamed(call, "prompt", required(name, "ref.name"));
      default:
        throw new OmgError("method_not_found", {
          message: `The aggregate endpoint does not know ${method}; that of one server, /servers/ID/mcp, may`,
        });
    }
  }

  /** Nothing that a client announces concerns all servers. */
  notify(): void {}

  staleLists(): ListKind[] {
    const missing = this.#catalog.missing(this.#session);
    return [...this.#lastAnswers].flatMap(([kind, last]) => {
      // A server that the client has not waited for yet: to hear of it, the client must ask again.
      const isNew = missing.some(({ fingerprint }) => !last.missing.has(fingerprint));
      return isNew || this.#catalog.list(kind, this.#session).digest !== last.digest ? [kind] : [];
    });
  }

  async #list(call: Call, kind: ListKind): Promise<Frame> {
    if (call.frame.head.cursor !== undefined) {
      throw new OmgError("bad_params", { message: "Unknown cursor: the list comes in one page" });
    }
    await this.#catalog.learnAll(this.#session);
    const { array, digest } = this.#catalog.list(kind, this.#session);
    const missing = this.#catalog.missing(this.#session);
    this.#lastAnswers.set(kind, { digest, missing: new Set(missing.map(({ fingerprint }) => fingerprint)) });
    const ids = missing.map(({ id }) => id);
    const note = ids.length === 0 ? "" : `,"_meta":${JSON.stringify({ "io.omg/missing": ids })}`;
    const result = Buffer.concat([Buffer.from(`{"${kind}":`), array, Buffer.from(`${note}}`)]);
    return resultFrame(call.frame.head.id as RequestId, result);
  }

  #forwardNamed(call: Call, kind: "tool" | "prompt", wireName: string): Promise<Frame> {
    const route = this.#catalog[kind](wireName, this.#session);
    return route ? route.server.forward(call, { name: route.name }) : this.#forwardNew(call, kind, wireName);
  }

  /** Learns what the server offers whose name it might be. */
  async #forwardNew(call: Call, kind: "tool" | "prompt", wireName: string): Promise<Frame> {
    // A reload may replace the server while its listing is being learned: then its successor's counts.
    for (let round = 0; round < maxReplacements; round++) {
      const route = this.#catalog[kind](wireName, this.#session);
      if (route) return route.server.forward(call, { name: route.name });
      const server = this.#catalog.serverOf(wireName);
      if (!server || this.#catalog.knows(server, this.#session)) break;
      try {
        await this.#learn(call, server);
      } catch (error) {
        if (this.#catalog.serverOf(wireName) === server) throw error;
      }
    }
    throw new OmgError(`unknown_${kind}`, {
      message: `Unknown ${kind} '${wireName}': no server of the catalog offers it`,
    });
  }

  async #forwardUri(call: Call, uri: string): Promise<Frame> {
    let server = this.#catalog.resource(uri, this.#session);
    if (!server) {
      await this.#catalog.learnAll(this.#session);
      server = this.#catalog.resource(uri, this.#session);
    }
    if (server) return server.forward(call);
    throw new OmgError("unknown_resource", { message: `Unknown resource '${uri}': no server lists it` });
  }

  /** Waits for a listing that is not known yet, telling the caller that its server starts. */
  async #learn(call: Call, server: PooledServer): Promise<void> {
    await this.#catalog.recall(server);
    if (this.#catalog.knows(server, this.#session)) return;
    const quiet = tellProgress(call, server.id, this.#clock);
    await this.#catalog.learn(server, this.#session).finally(quiet);
  }
}

function required(value: string | undefined, what: string): string {
  if (value !== undefined) return value;
  throw new OmgError("bad_params", { message: `The parameter ${what} is missing` });
}

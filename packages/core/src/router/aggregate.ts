import type { Clock } from "../clock.ts";
import { gatewayInfo } from "../gateway-info.ts";
import type { PooledServer } from "../pool/server.ts";
import { tellProgress } from "../pool/start-progress.ts";
import { OmgError, type Reason } from "../runtime/errors.ts";
import { type Frame, type RequestId, resultFrame } from "../runtime/frame.ts";
import type { Params } from "../runtime/transport.ts";
import type { Call } from "../session/call.ts";
import type { Catalog } from "./catalog.ts";
import type { Endpoint } from "./endpoint.ts";
import type { ListKind } from "./listing.ts";
import type { MergedView, Route } from "./merged-view.ts";
import { slugOf } from "./wire-names.ts";

/** All servers as one: names carry the server's slug, lists are merged, requests go to the server that can answer. */
export class AggregateEndpoint implements Endpoint {
  readonly #catalog: Catalog;
  readonly #session: string;
  readonly #clock: Clock;
  readonly #lastAnswers = new Map<ListKind, Buffer>();

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

  async request(call: Call): Promise<Frame> {
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
        return this.#forwardNamed(call, required(name, "name"), "unknown_tool", (view) => view.tool);
      case "prompts/get":
        return this.#forwardNamed(call, required(name, "name"), "unknown_prompt", (view) => view.prompt);
      case "resources/read":
        return this.#forwardUri(call, required(uri, "uri"));
      case "completion/complete":
        if (uri !== undefined) return this.#forwardUri(call, uri);
        return this.#forwardNamed(call, required(name, "ref.name"), "unknown_prompt", (view) => view.prompt);
      default:
        throw new OmgError("method_not_found", {
          message: `The aggregate endpoint does not know ${method}; /servers/:id/mcp forwards every method`,
        });
    }
  }

  /** Nothing that a client announces concerns all servers. */
  notify(): void {}

  staleLists(): ListKind[] {
    const { arrays } = this.#catalog.view(this.#session);
    return [...this.#lastAnswers].filter(([kind, last]) => !arrays[kind].equals(last)).map(([kind]) => kind);
  }

  async #list(call: Call, kind: ListKind): Promise<Frame> {
    if (call.frame.head.cursor !== undefined) {
      throw new OmgError("bad_params", { message: "Unknown cursor: the list comes in one page" });
    }
    await this.#catalog.learnAll(this.#session);
    const array = this.#catalog.view(this.#session).arrays[kind];
    this.#lastAnswers.set(kind, array);
    const missing = this.#catalog.missing(this.#session);
    const note = missing.length === 0 ? "" : `,"_meta":${JSON.stringify({ "io.omg/missing": missing })}`;
    const result = Buffer.concat([Buffer.from(`{"${kind}":`), array, Buffer.from(`${note}}`)]);
    return resultFrame(call.frame.head.id as RequestId, result);
  }

  async #forwardNamed(
    call: Call,
    wireName: string,
    unknown: Reason,
    table: (view: MergedView) => (name: string) => Route | undefined,
  ): Promise<Frame> {
    let route = table(this.#catalog.view(this.#session))(wireName);
    if (!route) {
      const server = this.#catalog.bySlug(slugOf(wireName));
      if (server) await this.#learn(call, [server]);
      route = table(this.#catalog.view(this.#session))(wireName);
    }
    if (!route) {
      throw new OmgError(unknown, {
        message: `Unknown name '${wireName}': no server of the catalog offers it`,
      });
    }
    return route.server.forward(call, { name: route.name });
  }

  async #forwardUri(call: Call, uri: string): Promise<Frame> {
    let server = this.#catalog.view(this.#session).resource(uri);
    if (!server) {
      await this.#catalog.learnAll(this.#session);
      server = this.#catalog.view(this.#session).resource(uri);
    }
    if (!server) {
      throw new OmgError("unknown_resource", { message: `Unknown resource '${uri}': no server lists it` });
    }
    return server.forward(call);
  }

  /** Waits for listings that are not known yet, telling the caller that servers start. */
  async #learn(call: Call, servers: readonly PooledServer[]): Promise<void> {
    for (const server of servers) {
      if (this.#catalog.knows(server, this.#session)) continue;
      const quiet = tellProgress(call, server.id, this.#clock);
      await this.#catalog.learn(server, this.#session).finally(quiet);
    }
  }
}

function required(value: string | undefined, what: string): string {
  if (value !== undefined) return value;
  throw new OmgError("bad_params", { message: `The parameter ${what} is missing` });
}

import type { Clock } from "../clock.ts";
import { gatewayInfo } from "../gateway-info.ts";
import type { PooledServer } from "../pool/server.ts";
import { OmgError } from "../runtime/errors.ts";
import { type Frame, type RequestId, resultFrame } from "../runtime/frame.ts";
import type { Params } from "../runtime/transport.ts";
import type { Call } from "../session/call.ts";
import { startingText, tellProgress } from "../session/own-progress.ts";
import { knowsTasks } from "../upstream/task-shapes.ts";
import type { Edits } from "../upstream/upstream-types.ts";
import type { Address } from "./addresses.ts";
import { aggregateIntroduction } from "./aggregate-introduction.ts";
import { mergeTasks } from "./aggregate-tasks.ts";
import type { Catalog } from "./catalog.ts";
import type { Endpoint } from "./endpoint.ts";
import type { ListKind } from "./listing.ts";
import { pageOf } from "./pages.ts";
import { ServerTranslator } from "./server-translator.ts";
import type { Subscriptions } from "./subscriptions.ts";
import { ownTaskId } from "./wire-names.ts";

const maxReplacements = 5;

interface LastAnswer {
  readonly digest: string;
  /** Fingerprints of the servers whose offer was not known then. */
  readonly missing: ReadonlySet<string>;
}

export interface AggregateOptions {
  readonly catalog: Catalog;
  readonly subscriptions: Subscriptions;
  readonly session: string;
  readonly clock: Clock;
}

/** All servers as one: names carry the server's slug, lists are merged, requests go to the server that can answer. */
export class AggregateEndpoint implements Endpoint {
  readonly #catalog: Catalog;
  readonly #subscriptions: Subscriptions;
  readonly #session: string;
  readonly #clock: Clock;
  readonly #translators = new WeakMap<PooledServer, ServerTranslator>();
  /** The lists that this session was given last. */
  readonly #lastAnswers = new Map<ListKind, LastAnswer>();

  constructor({ catalog, subscriptions, session, clock }: AggregateOptions) {
    this.#catalog = catalog;
    this.#subscriptions = subscriptions;
    this.#session = session;
    this.#clock = clock;
  }

  /** Starts nothing: servers that never ran yet are missing in it. */
  async introduce({ caller }: Call): Promise<Params> {
    await this.#catalog.recallAll();
    return aggregateIntroduction(this.#catalog, this.#session, caller.era);
  }

  request(call: Call): Promise<Frame> {
    const { method, name, uri, taskId } = call.frame.head;
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
      case "resources/subscribe":
        return this.#subscribe(call, required(uri, "uri"));
      case "resources/unsubscribe":
        return this.#unsubscribe(call, required(uri, "uri"));
      case "completion/complete":
        if (uri !== undefined) return this.#forwardUri(call, uri);
        return this.#forwardNamed(call, "prompt", required(name, "ref.name"));
      case "tasks/list":
        return this.#listTasks(call);
      case "tasks/get":
      case "tasks/result":
      case "tasks/update":
      case "tasks/cancel":
        return this.#forwardTask(call, required(taskId, "taskId"));
      default:
        return this.#forwardUnknown(call);
    }
  }

  /** Only a server that the client has for itself can know what such a notification is about. */
  notify(frame: Frame): void {
    if (!concernsOwnInstances.has(frame.head.method ?? "")) return;
    for (const server of this.#catalog.servers) {
      if (server.isPerSession) server.notify(this.#session, frame);
    }
  }

  mustLog(): void {}

  announced(): void {}

  translator(id: string): ServerTranslator | undefined {
    const server = this.#catalog.get(id);
    return server && this.#translatorOf(server);
  }

  staleLists(): ListKind[] {
    const missing = this.#catalog.missing(this.#session);
    return [...this.#lastAnswers].flatMap(([kind, last]) => {
      // A server that the client has not waited for yet: to hear of it, the client must ask again.
      const isNew = missing.some(({ fingerprint }) => !last.missing.has(fingerprint));
      const { digest } = this.#catalog.list(kind, this.#session);
      if (!isNew && digest === last.digest) return [];
      this.#lastAnswers.set(kind, { digest, missing: fingerprintsOf(missing) });
      return [kind];
    });
  }

  identity(): unknown {
    return gatewayInfo;
  }

  target({ head: { name, uri } }: Frame): PooledServer | undefined {
    if (name !== undefined) return this.#catalog.serverOf(name);
    const address = uri === undefined ? undefined : this.#catalog.addresses(this.#session).resolve(uri);
    return address && address !== "several" ? address.server : undefined;
  }

  watch(kinds: readonly ListKind[]): ListKind[] {
    const missing = fingerprintsOf(this.#catalog.missing(this.#session));
    for (const kind of kinds) {
      const { digest } = this.#catalog.list(kind, this.#session);
      this.#lastAnswers.set(kind, { digest, missing });
    }
    return [...kinds];
  }

  async #list(call: Call, kind: ListKind): Promise<Frame> {
    await this.#catalog.learnAll(this.#session);
    const { items, first, digest, caching } = this.#catalog.list(kind, this.#session);
    const { cursor } = call.frame.head;
    const { array, nextCursor } = cursor === undefined ? first : pageOf(items, cursor);
    const missing = this.#catalog.missing(this.#session);
    this.#lastAnswers.set(kind, { digest, missing: fingerprintsOf(missing) });
    const more = {
      ...(call.caller.era === "modern" ? caching : {}),
      ...(nextCursor === undefined ? {} : { nextCursor }),
      ...(missing.length === 0 ? {} : { _meta: { "io.omg/missing": missing.map(({ id }) => id) } }),
    };
    const rest = Object.keys(more).length === 0 ? "" : `,${JSON.stringify(more).slice(1, -1)}`;
    return resultFrame(call.frame.head.id as RequestId, `{"${kind}":`, array, `${rest}}`);
  }

  #forwardNamed(call: Call, kind: "tool" | "prompt", wireName: string): Promise<Frame> {
    const route = this.#catalog[kind](wireName, this.#session);
    if (!route) return this.#forwardNew(call, kind, wireName);
    return this.#forward(route.server, call, { name: route.name });
  }

  /** Learns what the server offers whose name it might be. */
  async #forwardNew(call: Call, kind: "tool" | "prompt", wireName: string): Promise<Frame> {
    // A reload may replace the server while its listing is being learned: then its successor's counts.
    for (let round = 0; round < maxReplacements; round++) {
      const route = this.#catalog[kind](wireName, this.#session);
      if (route) return this.#forward(route.server, call, { name: route.name });
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
    const address = await this.#address(uri);
    return this.#forward(address.server, call, { uri: address.uri });
  }

  async #subscribe(call: Call, uri: string): Promise<Frame> {
    const address = await this.#address(uri);
    call.translator = this.#translatorOf(address.server);
    return this.#subscriptions.subscribe(address.server, call, address.uri);
  }

  async #unsubscribe(call: Call, uri: string): Promise<Frame> {
    const address = await this.#address(uri);
    return this.#subscriptions.unsubscribe(address.server, call, address.uri);
  }

  async #address(uri: string): Promise<Address> {
    let address = this.#catalog.addresses(this.#session).resolve(uri);
    if (!address) {
      await this.#catalog.learnAll(this.#session);
      address = this.#catalog.addresses(this.#session).resolve(uri);
    }
    if (address && address !== "several") return address;
    const why = address
      ? "several servers use it; the list tells them apart"
      : "no server lists it or a template for it";
    throw new OmgError("unknown_resource", { message: `Unknown resource '${uri}': ${why}` });
  }

  async #listTasks(call: Call): Promise<Frame> {
    if (call.frame.head.cursor !== undefined) {
      throw new OmgError("bad_params", { message: "Unknown cursor: the tasks come in one page" });
    }
    return mergeTasks(this.#catalog, call);
  }

  #forwardTask(call: Call, wireId: string): Promise<Frame> {
    const server = this.#catalog.serverOf(wireId);
    // A legacy server that does not run has no tasks, and one that is started anew knows none.
    const mayKnow = server && (server.ready(this.#session) || this.#hasModernTasks(server, call));
    if (mayKnow) return this.#forward(server, call, { taskId: ownTaskId(wireId) });
    throw new OmgError("bad_params", { message: `Unknown task '${wireId}'` });
  }

  #hasModernTasks(server: PooledServer, { caller }: Call): boolean {
    const listing = this.#catalog.listing(server, this.#session);
    return caller.era === "modern" || knowsTasks(listing?.introduction.capabilities ?? {});
  }

  /** A method of another vocabulary goes to the server that its parameters name as ours do. */
  async #forwardUnknown(call: Call): Promise<Frame> {
    const { method, name, uri } = call.frame.head;
    const server = name === undefined ? undefined : this.#catalog.serverOf(name);
    if (server) await this.#learn(call, server);
    const route =
      name === undefined
        ? undefined
        : (this.#catalog.tool(name, this.#session) ?? this.#catalog.prompt(name, this.#session));
    if (route) return this.#forward(route.server, call, { name: route.name });
    const address = uri === undefined ? undefined : this.#catalog.addresses(this.#session).resolve(uri);
    if (address && address !== "several") return this.#forward(address.server, call, { uri: address.uri });
    throw new OmgError("method_not_found", {
      message: `The aggregate endpoint does not know ${method}; that of one server, /servers/ID/mcp, may`,
    });
  }

  #forward(server: PooledServer, call: Call, edits: Edits): Promise<Frame> {
    const translator = this.#translatorOf(server);
    call.translator = translator;
    const answer = server.forward(call, edits);
    const { frame } = call;
    return translator.mayConcern(frame) ? answer.then((plain) => translator.answer(frame, plain)) : answer;
  }

  #translatorOf(server: PooledServer): ServerTranslator {
    const slug = this.#catalog.slugOf(server);
    let translator = this.#translators.get(server);
    // A slug depends on the other servers, so a reload may change it.
    if (translator?.slug !== slug) {
      translator = new ServerTranslator(server, slug, () => this.#catalog.addresses(this.#session));
      this.#translators.set(server, translator);
    }
    return translator;
  }

  /** Waits for a listing that is not known yet, telling the caller that its server starts. */
  async #learn(call: Call, server: PooledServer): Promise<void> {
    await this.#catalog.recall(server);
    if (this.#catalog.knows(server, this.#session)) return;
    const news = server.startNews(this.#session);
    const quiet = tellProgress(call, startingText(server.id), this.#clock, news);
    await call.waitFor(this.#catalog.learn(server, this.#session)).finally(quiet);
  }
}

const concernsOwnInstances = new Set(["notifications/roots/list_changed", "notifications/tasks/status"]);

function fingerprintsOf(servers: readonly PooledServer[]): ReadonlySet<string> {
  return new Set(servers.map(({ fingerprint }) => fingerprint));
}

function required(value: string | undefined, what: string): string {
  if (value !== undefined) return value;
  throw new OmgError("bad_params", { message: `The parameter ${what} is missing` });
}

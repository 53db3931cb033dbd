import type { PooledServer } from "../pool/server.ts";
import { OmgError } from "../runtime/errors.ts";
import type { Frame } from "../runtime/frame.ts";
import type { Params } from "../runtime/transport.ts";
import type { Call } from "../session/call.ts";
import type { ServerIntroduction } from "../upstream/handshake.ts";
import type { Catalog } from "./catalog.ts";
import type { Endpoint } from "./endpoint.ts";
import type { ListKind } from "./listing.ts";

/** One server as it is: nothing renamed, unknown methods forwarded, bytes untouched but for ids and tokens. */
export class TransparentEndpoint implements Endpoint {
  readonly #catalog: Catalog;
  readonly #id: string;
  readonly #session: string;

  constructor(catalog: Catalog, id: string, session: string) {
    this.#catalog = catalog;
    this.#id = id;
    this.#session = session;
  }

  /** Looked up each time: a reload may have put another in its place. */
  get #server(): PooledServer {
    return this.#catalog.mustFind(this.#id);
  }

  async introduce(call: Call): Promise<Params> {
    return this.#server.use(this.#session, async ({ introduction }) => relayed(introduction), { call });
  }

  request(call: Call): Promise<Frame> {
    const { method = "" } = call.frame.head;
    if (notCarried.test(method)) throw notCarriedError(this.#id, method);
    return this.#server.forward(call);
  }

  notify(frame: Frame): void {
    if (!keptBack.has(frame.head.method ?? "")) this.#catalog.get(this.#id)?.notify(this.#session, frame);
  }

  staleLists(): ListKind[] {
    return [];
  }
}

/** Notifications about capabilities that the gateway has not declared to the server. */
const keptBack = new Set(["notifications/roots/list_changed"]);

/** Their effect would have to find its way back to the one session that asked for it. */
const notCarried = /^(resources\/(un)?subscribe|logging\/setLevel|tasks\/.*)$/;

function notCarriedError(server: string, method: string): OmgError {
  return new OmgError("method_not_found", {
    server,
    message: `The gateway does not carry ${method} and declares no capability for it`,
  });
}

/** The server's introduction without what the gateway does not carry from server to client. */
function relayed(introduction: ServerIntroduction): Params {
  const { logging: _logging, tasks: _tasks, resources, ...capabilities } = introduction.capabilities;
  if (!resources) return { ...introduction, capabilities };
  return {
    ...introduction,
    capabilities: { ...capabilities, resources: { ...resources, subscribe: false } },
  };
}

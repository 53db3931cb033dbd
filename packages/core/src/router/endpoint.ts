import type { PooledServer } from "../pool/server.ts";
import type { Frame } from "../runtime/frame.ts";
import type { Params } from "../runtime/transport.ts";
import type { Call } from "../session/call.ts";
import type { Translator } from "../session/translator.ts";
import type { ListKind } from "./listing.ts";

/** What a session talks to: one server, or all of them. */
export interface Endpoint {
  /** The answer to `initialize`, but for the protocol version. */
  introduce(call: Call): Promise<Params>;
  /** Resolves with the answer under whatever id; throws or rejects with an `OmgError`. */
  request(call: Call): Promise<Frame>;
  /** Takes a notification that is not the session's own business. */
  notify(frame: Frame): void;
  /** Throws if there is nobody here who could send log messages. */
  mustLog(): void;
  /** How what a server says of its own accord is worded here; undefined: as the server does. */
  translator(server: string): Translator | undefined;
  /** The client hears from the server itself that these lists have changed. */
  announced(kinds: readonly ListKind[]): void;
  /** Lists whose last answer to this session no longer holds; each is told once. */
  staleLists(): ListKind[];
  /** Who answers here, in the words of MCP's `serverInfo`; undefined while that is not known. */
  identity(): unknown;
  /** The server that a request goes to, as far as it is known without asking anybody. */
  target(request: Frame): PooledServer | undefined;
  /** Changes of these lists are told from now on, as if the client had just got them. Returns those that exist here. */
  watch(kinds: readonly ListKind[]): ListKind[];
}

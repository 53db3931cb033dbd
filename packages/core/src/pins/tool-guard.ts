import type { PooledServer } from "../pool/server.ts";
import type { ListingMemory } from "../router/listing-memory.ts";
import { OmgError } from "../runtime/errors.ts";
import { type Frame, withCuts } from "../runtime/frame.ts";
import { readItems } from "../runtime/json-items.ts";
import { foldedKey, scanMembers } from "../runtime/json-members.ts";
import type { Pins } from "./pins.ts";

/** Stands between clients and those servers of which only pinned tools may be used. */
export class ToolGuard {
  readonly #pins: Pins;
  readonly #memory: ListingMemory;

  constructor(pins: Pins, memory: ListingMemory) {
    this.#pins = pins;
    this.#memory = memory;
  }

  guards(server: string): boolean {
    return this.#pins.guards(server);
  }

  /** Why a server can not be used at all. */
  problem(server: string): string | undefined {
    return this.#pins.problem(server);
  }

  /**
   * Throws `tool_definition_changed` unless the tool is as pinned, by what the instance itself that will be called has
   * listed last.
   */
  async admit(server: PooledServer, session: string, tool: string | undefined): Promise<void> {
    const listing = await this.#memory.confirmed(server, session);
    if (tool === undefined) throw new OmgError("bad_params", { message: "The parameter name is missing" });
    this.#pins.mustAllow(server.id, tool, listing);
  }

  /** A server's own answer to `tools/list`, without tools that may not be used. */
  filter(server: PooledServer, session: string, answer: Frame): Frame {
    const { payload } = answer.spans;
    if (answer.head.kind !== "result" || !payload) return answer;
    mustListOnce(server.id, answer.bytes.subarray(payload.start, payload.end));
    const { items, span } = readItems(answer.bytes, payload.start, "tools", "name");
    if (!span) return answer;
    // What is left out here would be news to nobody else.
    this.#memory.passed(server, session, answer);
    const allowed = items.filter((item) => this.#pins.allows(server.id, item));
    return withCuts(answer, [{ span, text: `[${allowed.map(({ bytes }) => bytes).join(",")}]` }]);
  }
}

/** Of two lists in one answer, nobody knows which one a client reads; some take a key for one that is spelled otherwise. */
function mustListOnce(server: string, result: Buffer): void {
  let cause: unknown;
  try {
    const keys = [...scanMembers(result).keys()];
    if (keys.every((key) => key === "tools" || foldedKey(key) !== "tools")) return;
  } catch (thrown) {
    cause = thrown;
  }
  const what = "with a key twice, or with one that is almost tools";
  const message = `Server '${server}' answers tools/list ${what}, so its tools can not be checked`;
  throw new OmgError("upstream_protocol_error", { server, message, executed: "unknown", cause });
}

import { argumentHeaders, type Frame, type MirroredArgument, mirroredArguments, readItems } from "@omg/core";

/** One that is forgotten is learned again when it is called. */
const maxTools = 1000;

/** What is known of the tools that want arguments as headers, too (MCP 2026-07-28, `x-mcp-header`). */
export class ToolHeaders {
  readonly #mirrored = new Map<string, readonly MirroredArgument[]>();

  /** Takes an answer to `tools/list`. Returns where the list goes on, if it does. */
  learn(answer: Frame): string | undefined {
    const { payload } = answer.spans;
    if (answer.head.kind !== "result" || payload === undefined) return undefined;
    const { items, nextCursor } = readItems(answer.bytes, payload.start, "tools", "name");
    for (const tool of items) {
      const mirrored = mirroredArguments(tool);
      this.#mirrored.delete(tool.key);
      if (mirrored.length > 0) this.#mirrored.set(tool.key, mirrored);
    }
    for (const name of this.#mirrored.keys()) {
      if (this.#mirrored.size <= maxTools) break;
      this.#mirrored.delete(name);
    }
    return nextCursor;
  }

  /** The headers that a request needs for its arguments, as far as is known. */
  of(request: Frame): Record<string, string> {
    const { method, name = "" } = request.head;
    const mirrored = method === "tools/call" ? this.#mirrored.get(name) : undefined;
    if (mirrored === undefined) return {};
    const message = request.value();
    return argumentHeaders(mirrored, "params" in message ? message.params?.arguments : undefined);
  }
}

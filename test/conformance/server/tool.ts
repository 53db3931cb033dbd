import type { ContentBlock, ServerContext, Tool } from "@modelcontextprotocol/server";

/** What a tool may do while it runs. */
export interface ToolContext {
  /** Of the SDK: what is sent through it belongs to this call. */
  readonly call: ServerContext;
  /** URIs that the client wants to hear about. */
  readonly subscriptions: ReadonlySet<string>;
}

/** A tool as it is listed, and what it does. Whatever it throws becomes a result with `isError`. */
export interface ConformanceTool extends Tool {
  run(
    args: Readonly<Record<string, unknown>>,
    context: ToolContext,
  ): Promise<ContentBlock[]> | ContentBlock[];
}

export const noArguments = { type: "object", properties: {}, additionalProperties: false } as const;

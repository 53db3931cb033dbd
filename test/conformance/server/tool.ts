import type { RequestHandlerExtra } from "@modelcontextprotocol/sdk/shared/protocol.js";
import type {
  ClientCapabilities,
  ContentBlock,
  LoggingLevel,
  ServerNotification,
  ServerRequest,
  Tool,
} from "@modelcontextprotocol/sdk/types.js";

/** What a tool may do while it runs. */
export interface ToolContext {
  /** Of the SDK: what is sent through it belongs to this call. */
  readonly request: RequestHandlerExtra<ServerRequest, ServerNotification>;
  readonly clientCapabilities: ClientCapabilities;
  /** URIs that the client wants to hear about. */
  readonly subscriptions: ReadonlySet<string>;
  /** Sends a log message, if the client wants its level. */
  log(level: LoggingLevel, data: unknown): Promise<void>;
}

/** A tool as it is listed, and what it does. Whatever it throws becomes a result with `isError`. */
export interface ConformanceTool extends Tool {
  run(
    args: Readonly<Record<string, unknown>>,
    context: ToolContext,
  ): Promise<ContentBlock[]> | ContentBlock[];
}

export const noArguments = { type: "object", properties: {}, additionalProperties: false } as const;

import type {
  CallToolResult,
  ClientCapabilities,
  ContentBlock,
  InputRequest,
  LoggingLevel,
  Tool,
} from "@modelcontextprotocol/server";
import type { Fixture } from "./fixture.ts";

/** What a client says to a question. */
export type Answer = Readonly<Record<string, unknown>>;

/** Tells clients that something changed, if they want to hear about it. */
export interface Announcer {
  toolsChanged(): void;
  promptsChanged(): void;
  resourceUpdated(uri: string): void;
}

/** What tools and prompts may do while they run, whatever the era: each has its own way to do it. */
export interface CallContext {
  /** What the client declared to be capable of. */
  readonly capabilities: ClientCapabilities;
  readonly announce: Announcer;
  readonly fixture: Fixture;
  /**
   * Has the client answer questions. In the modern era, a call that needs answers ends here, and runs again from its start
   * when they have come: what is done before must not matter.
   */
  ask<Key extends string>(
    questions: Readonly<Record<Key, InputRequest>>,
    options?: AskOptions,
  ): Promise<Readonly<Record<Key, Answer>>>;
  log(words: string, level?: LoggingLevel): Promise<void>;
  /** What came as `_meta`, without what the SDK reads itself. */
  readonly meta: Readonly<Record<string, unknown>>;
  /** Aborted when the call is cancelled. */
  readonly signal: AbortSignal;
  /** Of 100, to callers that gave a token. */
  progress(done: number): Promise<void>;
  /** Closes the stream of the call, if it has one that can be resumed. */
  closeStream(): void;
}

export interface AskOptions {
  /** Whether the answers count only with the seal that came with the questions. It has no meaning in the legacy era. */
  readonly sealed?: boolean;
  /** Whether all questions are asked at once, where each stands for itself. Where they are a result, they always are. */
  readonly together?: boolean;
}

/** What is listed only while it is there. */
export interface Passing {
  isThere?(fixture: Fixture): boolean;
}

/** A tool as it is listed, and what it does. Whatever it throws becomes a result with `isError`. */
export interface ConformanceTool extends Tool, Passing {
  run(
    args: Readonly<Record<string, unknown>>,
    context: CallContext,
  ): Promise<ContentBlock[] | CallToolResult> | ContentBlock[];
}

export const noArguments = { type: "object", properties: {}, additionalProperties: false } as const;

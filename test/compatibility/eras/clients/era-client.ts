import type { Answer, CallOptions, Json } from "../../clients/test-client.ts";

/** What a server says of itself, as its client has it. */
export interface Introduction {
  readonly name: string | undefined;
  readonly capabilities: Json;
  readonly instructions: string | undefined;
}

/** The official SDK's client of an era, with all that it hears. */
export interface EraClient extends AsyncDisposable {
  readonly introduction: Introduction;
  /** Answers to what servers ask, by method. */
  readonly answers: Map<string, Answer>;
  /** Calls a tool by the server's own name, and gives the text of its result. */
  call(tool: string, args?: Json, options?: CallOptions): Promise<string>;
  /** Calls a tool, and gives its result. */
  result(tool: string, args?: Json, options?: CallOptions): Promise<Json>;
  request(method: string, params?: Json): Promise<Json>;
  /** Wants log messages from this level on, from now on. */
  wantLogs(level: string): Promise<void>;
  /** Wants to hear of changes of lists and of a resource, until it is disposed. */
  watch(uri: string): Promise<AsyncDisposable>;
  heard(method: string, text?: string): Json[];
  hears(method: string, text?: string): Promise<Json>;
  hearsMore(method: string, before: number): Promise<void>;
}

import { isDeepStrictEqual } from "node:util";
import type { Disturbances } from "./disturbances.ts";
import type { Request } from "./request.ts";

/** A JSON-RPC message that came to a client. */
export interface Message {
  readonly id?: string | number | null;
  readonly method?: string;
  readonly params?: {
    readonly progressToken?: unknown;
    readonly progress?: unknown;
    readonly message?: unknown;
  };
  readonly result?: {
    readonly content?: unknown;
    readonly tools?: unknown;
    readonly protocolVersion?: unknown;
  };
  readonly error?: {
    readonly code: number;
    readonly message: string;
    readonly data?: Record<string, unknown>;
  };
}

export interface Fault {
  /** The operation that it has to do with, if it is known. */
  readonly operation: number | undefined;
  readonly what: string;
}

/** What an operation's call came to, for the count of executions at the end. */
export const noCall = 0;
export const mustHaveRun = 1;
export const mustNotHaveRun = 2;
export const mayHaveRun = 3;

/** Milliseconds without an answer after which it counts as missing. */
const patienceMs = 60_000;

/** All requests and what came back for them; says at once what should not have been. */
export class History {
  readonly faults: Fault[] = [];
  readonly outcomes = new Map<string, number>();
  /** By operation. */
  readonly calls: Uint8Array;
  readonly #disturbances: Disturbances;
  readonly #open = new Set<Request>();
  #passed = 0;
  #onRoom = () => {};

  constructor(operations: number, disturbances: Disturbances) {
    this.calls = new Uint8Array(operations);
    this.#disturbances = disturbances;
  }

  /** How often something was as it should be. */
  get passed(): number {
    return this.#passed;
  }

  begin(request: Request): void {
    this.#open.add(request);
    if (request.options.method === "tools/call") this.calls[request.options.operation] = mayHaveRun;
  }

  /** A message has come to a client, on the way of a request if it is known. */
  came(message: Message, request: Request | undefined): void {
    if (request === undefined) this.fault(undefined, `for nobody: ${JSON.stringify(message)}`);
    else if (message.method === "notifications/progress") this.#told(message, request);
    else if (message.method !== undefined) this.#blame(request, `was told ${JSON.stringify(message)}`);
    else this.#answered(message, request);
  }

  /** The client wants no answer any more. */
  withdraw(request: Request, why: "cancelled" | "left"): void {
    if (why === "left" || request.withdrawn === undefined) request.withdrawn = why;
  }

  /** Nothing more can come for the request. */
  end(request: Request, how = "its way ended"): void {
    if (request.ended) return;
    request.ended = true;
    this.#open.delete(request);
    const { answers, withdrawn } = request;
    this.#check(answers === 1 || withdrawn !== undefined, request, () => `has no answer: ${how}`);
    if (answers === 0 && withdrawn !== undefined) this.#count(`none: ${withdrawn}`);
    this.#onRoom();
  }

  /** Resolves when no more requests than this are open. Ends those whose answer is missing. */
  async room(most: number): Promise<void> {
    while (this.#open.size > most) {
      const changed = Promise.withResolvers<void>();
      this.#onRoom = changed.resolve;
      const timer = setTimeout(changed.resolve, 1000);
      await changed.promise;
      clearTimeout(timer);
      for (const request of this.#open) {
        if (performance.now() - request.sentAt < patienceMs) break;
        this.end(request, `none within ${patienceMs} ms`);
      }
    }
  }

  /** Something is as it should be. */
  pass(): void {
    this.#passed++;
  }

  /** Something is not. */
  fault(operation: number | undefined, what: string): void {
    this.faults.push({ operation, what });
  }

  #told({ params }: Message, request: Request): void {
    const { server, steps = 0 } = request.options;
    const { value } = request;
    // The gateway's own word while the call waits for a start.
    const isStart = String(params?.message).startsWith(`Starting server '${server}'`);
    const expected = [value, isStart ? params?.message : value];
    this.#check(isDeepStrictEqual([params?.progressToken, params?.message], expected), request, () => {
      return `was told of another's progress: ${JSON.stringify(params)}`;
    });
    if (!isStart) request.told++;
    const isInTime = request.told <= steps && request.answers === 0;
    this.#check(isInTime, request, () => "was told of too much progress");
    const progress = Number(params?.progress);
    this.#check(progress > request.progress, request, () => `was told of progress ${progress} too late`);
    request.progress = progress;
  }

  #answered(message: Message, request: Request): void {
    this.#check(++request.answers === 1, request, () => `has another answer: ${JSON.stringify(message)}`);
    const { error } = message;
    if (error === undefined) this.#succeeded(message, request);
    else this.#failed(error, request);
  }

  #succeeded({ result }: Message, request: Request): void {
    const { method, server, operation } = request.options;
    this.#count("result");
    request.succeeded = true;
    if (method === "tools/call") {
      this.calls[operation] = mustHaveRun;
      const expected = [{ type: "text", text: `${server}:${request.value}` }];
      const isIts = isDeepStrictEqual(result?.content, expected);
      this.#check(isIts, request, () => `has the result ${JSON.stringify(result)}`);
    } else {
      const { tools, protocolVersion } = result ?? {};
      const isIts = method === "initialize" ? typeof protocolVersion === "string" : Array.isArray(tools);
      this.#check(isIts, request, () => `has the result ${JSON.stringify(result)}`);
    }
  }

  #failed(error: NonNullable<Message["error"]>, request: Request): void {
    const { reason, executed } = error.data ?? {};
    const { method, operation } = request.options;
    this.#count(String(reason ?? error.code));
    if (method === "tools/call" && executed === "no") this.calls[operation] = mustNotHaveRun;
    this.#check(error.code !== -32603, request, () => `met a fault of the gateway: ${error.message}`);
    const isCaused = this.#disturbances.canCause(String(reason), request);
    this.#check(isCaused, request, () => `failed, and nothing was done to it: ${JSON.stringify(error)}`);
  }

  #count(outcome: string): void {
    this.outcomes.set(outcome, (this.outcomes.get(outcome) ?? 0) + 1);
  }

  #check(holds: boolean, request: Request, what: () => string): void {
    if (holds) this.pass();
    else this.#blame(request, what());
  }

  #blame({ options: { operation, client, method, server } }: Request, what: string): void {
    this.fault(operation, `${method} of client ${client} to ${server ?? "all"} ${what}`);
  }
}

import { hash } from "node:crypto";
import type { ServerId } from "./cast.ts";

export interface RequestOptions {
  /** Which of the operations it is. */
  readonly operation: number;
  readonly seed: number;
  /** Whose it is. */
  readonly client: string;
  readonly method: "tools/call" | "tools/list" | "initialize";
  /** Whom it is for; undefined: all. */
  readonly server: ServerId | undefined;
  /** Milliseconds that the server takes for it. */
  readonly ms?: number;
  /** How often the server reports progress of it. */
  readonly steps?: number;
  /** Whether the server answers even if the request is cancelled. */
  readonly stubborn?: boolean;
}

/** One request of one client, and what has become of it. */
export class Request {
  readonly options: RequestOptions;
  /** What it carries, and nothing else does. */
  readonly value: string;
  readonly sentAt = performance.now();
  answers = 0;
  /** Reports of progress by the server that have come. */
  told = 0;
  /** How far the last report was. */
  progress = -1;
  /** Why it needs no answer any more. */
  withdrawn: "cancelled" | "left" | undefined;
  /** The answer was a result. */
  succeeded = false;
  /** Nothing more is to come. */
  ended = false;

  constructor(options: RequestOptions) {
    this.options = options;
    this.value = secretValue(options.seed, options.operation);
  }

  /** What is sent to the one server that it is for; on the aggregate the tool has another name. */
  params(isAggregate: boolean): Record<string, unknown> {
    const { method, server, client, ms, steps, stubborn } = this.options;
    if (method !== "tools/call") return {};
    return {
      name: isAggregate ? `${server}__echo` : "echo",
      arguments: { value: this.value, client, ms, steps, stubborn },
      ...(steps === undefined ? {} : { _meta: { progressToken: this.value } }),
    };
  }
}

/** Nobody who does not know the seed can guess it. */
export function secretValue(seed: number, operation: number): string {
  return `${operation}-${hash("sha1", `${seed}/${operation}`).slice(0, 16)}`;
}

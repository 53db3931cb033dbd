import type { GatewayError } from "../support/answers.ts";
import type { Message } from "../support/message.ts";

/** What servers that are killed, and nothing else, may do to a call. */
const explained = new Set(["upstream_closed", "upstream_backoff", "upstream_start_failed"]);

/** Counts what became of all calls. */
export class Tally {
  readonly #outcomes = new Map<string, number>();
  readonly #strange: string[] = [];
  #calls = 0;

  get calls(): number {
    return this.#calls;
  }

  /** By outcome, the most frequent first. */
  get outcomes(): [string, number][] {
    return [...this.#outcomes].sort(([, a], [, b]) => b - a);
  }

  /** What no injected fault explains. */
  get strange(): readonly string[] {
    return this.#strange;
  }

  /** An answer to a call that should have said `text`. */
  answered(message: Message, text: string): void {
    if (message.error === undefined) {
      const said = JSON.stringify(message.result);
      if (said.includes(JSON.stringify(text))) this.#count("answered");
      else this.failed(`a wrong answer to ${text}: ${said.slice(0, 200)}`);
      return;
    }
    const reason = (message.error as GatewayError).data?.reason ?? "without a reason";
    this.#count(reason);
    if (!explained.has(reason)) this.#strange.push(JSON.stringify(message.error).slice(0, 300));
  }

  cancelled(): void {
    this.#count("cancelled");
  }

  failed(what: string): void {
    this.#count("failed");
    this.#strange.push(what);
  }

  #count(outcome: string): void {
    this.#calls++;
    this.#outcomes.set(outcome, (this.#outcomes.get(outcome) ?? 0) + 1);
  }
}

import type { Clock } from "../clock.ts";
import { OmgError } from "../runtime/errors.ts";
import type { Frame } from "../runtime/frame.ts";
import { type Rate, RateMeter } from "./rate-meter.ts";

export interface FloodGuardOptions {
  readonly clock: Clock;
  readonly onDropped: (what: string) => void;
  /** Takes a change of a list that was held back for a moment. */
  readonly onLate: (frame: Frame) => void;
  /** The server sends so much that is no use that its instance must end. */
  readonly onTooMuch: (why: OmgError) => void;
}

/** Of all that a server says of its own accord: notifications, and requests to its clients. */
const ownRate: Rate = { count: 100_000, withinMs: 2_000 };
const strayRate: Rate = { count: 100, withinMs: 60_000 };
const droppedRate: Rate = { count: 1_000_000, withinMs: 60_000 };
const lateMs = 1_000;

/** Keeps what one instance sends without being asked within limits. What is over them is dropped and counted. */
export class FloodGuard {
  readonly #options: FloodGuardOptions;
  readonly #own: RateMeter;
  readonly #strays: RateMeter;
  readonly #dropped: RateMeter;
  /** Answers to requests that were given up: they may still come. */
  #owed = 0;
  /** The last change of each list that was too much. */
  readonly #late = new Map<string, Frame>();
  #stopTimer: (() => void) | undefined;

  constructor(options: FloodGuardOptions) {
    const { clock } = options;
    this.#options = options;
    this.#own = new RateMeter(clock, ownRate);
    this.#strays = new RateMeter(clock, strayRate);
    this.#dropped = new RateMeter(clock, droppedRate);
  }

  /** Whether a message that is no answer may pass. */
  mayPass(frame: Frame): boolean {
    if (this.#own.count()) return true;
    const { method = "" } = frame.head;
    if (listChanges.has(method)) this.#hold(method, frame);
    else this.drop(`${method}, one of too many`);
    return false;
  }

  drop(what: string): void {
    this.#options.onDropped(what);
    if (!this.#dropped.count()) this.#tooMuch("floods the gateway with messages that nobody can use");
  }

  /** A request was given up, or failed on its way: its answer may come all the same. */
  owe(): void {
    this.#owed++;
  }

  /** An answer has come that no request waits for. */
  dropAnswer(): void {
    this.drop("an answer to no request in flight");
    if (this.#owed > 0) this.#owed--;
    else if (!this.#strays.count())
      this.#tooMuch(`answers what it was not asked, more than ${strayRate.count} times a minute`);
  }

  end(): void {
    this.#stopTimer?.();
    this.#late.clear();
  }

  /** A list that has changed must be asked for again, however often it is said. */
  #hold(method: string, frame: Frame): void {
    if (this.#late.has(method)) this.drop(`${method}, one of too many`);
    this.#late.set(method, frame);
    this.#stopTimer ??= this.#options.clock.after(lateMs, () => {
      const frames = [...this.#late.values()];
      this.#late.clear();
      this.#stopTimer = undefined;
      for (const late of frames) this.#options.onLate(late);
    });
  }

  #tooMuch(what: string): void {
    const message = `It ${what}`;
    this.#options.onTooMuch(new OmgError("upstream_protocol_error", { executed: "unknown", message }));
  }
}

const listChanges = new Set([
  "notifications/tools/list_changed",
  "notifications/prompts/list_changed",
  "notifications/resources/list_changed",
]);

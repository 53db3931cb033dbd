import type { ServerState } from "../../src/gateway/types.ts";

export const idleMs = 10_000;
const drainMs = 30_000;
const healthyMs = 60_000;
const longestBackoffMs = 60_000;

/** What a call has come to: nothing yet, its result, nothing for ever, or the reason it failed for. */
export type Outcome =
  | "open"
  | "result"
  | "cancelled"
  | "upstream_closed"
  | "upstream_start_failed"
  | "upstream_backoff"
  | "draining";

export interface ModelCall {
  readonly value: string;
  outcome: Outcome;
  /** Of a call that met a backoff. */
  retryAfterMs?: number;
  /** A start by hand, which waits as calls do and then does nothing. */
  readonly byHand?: boolean;
}

/** What can be seen of a server. */
export interface Facts {
  readonly state: ServerState | undefined;
  /** Starts that there have been. */
  readonly starts: number;
  /** Instances that live. */
  readonly running: number;
  /** What calls were answered with, and how long they were told to wait. */
  readonly outcomes: Readonly<Record<string, string>>;
}

/** One entry of the server and its instance, as they should be. */
export class ModelSlot {
  state: ServerState = "stopped";
  waiting: ModelCall[] = [];
  inFlight: ModelCall[] = [];
  /** Which of all starts it is in. */
  start = -1;
  failures = 0;
  readyAt = 0;
  lastUse = 0;
  retryAt = 0;
  /** Its stop goes on without the calls in flight then. */
  drainedAt = Number.POSITIVE_INFINITY;
  /** Its entry has been replaced: all ends then, or once nothing is under way. */
  retiredAt = Number.POSITIVE_INFINITY;
  isRetired = false;
  /** What comes after the instance has ended. */
  next: "stopped" | "ended" = "stopped";

  get isUsed(): boolean {
    return this.waiting.length > 0 || this.inFlight.length > 0;
  }
}

/** What one server with the fake runtime should do, without chance in its backoffs. Every method is one thing that happens. */
export class LifecycleModel {
  now = 0;
  starts = 0;
  isDraining = false;
  readonly calls: ModelCall[] = [];
  /** The last one is current; those before it are retired and not over yet. */
  slots = [new ModelSlot()];

  get current(): ModelSlot {
    return this.slots.at(-1) as ModelSlot;
  }

  /** Instances that live. */
  get running(): number {
    return this.slots.filter(({ state }) => state === "ready" || state === "draining" || state === "stopping")
      .length;
  }

  /** What can be seen of it. */
  facts(): Facts {
    const seen = this.calls.filter(({ outcome }) => outcome !== "open" && outcome !== "cancelled");
    return {
      state: this.current.state,
      starts: this.starts,
      running: this.running,
      outcomes: Object.fromEntries(
        seen.map(({ value, outcome, retryAfterMs }) => [
          value,
          retryAfterMs === undefined ? outcome : `${outcome} ${retryAfterMs}`,
        ]),
      ),
    };
  }

  call(value: string): ModelCall {
    const call: ModelCall = { value, outcome: "open" };
    this.calls.push(call);
    const slot = this.current;
    if (this.isDraining) call.outcome = "draining";
    else if (slot.state === "backoff") {
      call.outcome = "upstream_backoff";
      call.retryAfterMs = slot.retryAt - this.now;
    } else if (slot.state === "ready") slot.inFlight.push(call);
    else {
      slot.waiting.push(call);
      this.#startIfWanted(slot);
    }
    return call;
  }

  answer(slot: ModelSlot, call: ModelCall): void {
    this.#finish(slot, call, "result");
  }

  cancel(slot: ModelSlot, call: ModelCall): void {
    this.#finish(slot, call, "cancelled");
  }

  startSucceeds(slot: ModelSlot): void {
    slot.state = "ready";
    slot.readyAt = slot.lastUse = this.now;
    slot.inFlight = slot.waiting.filter(({ byHand }) => !byHand);
    slot.waiting = [];
    this.#look(slot);
  }

  startFails(slot: ModelSlot): void {
    this.#failAll(slot, "waiting", "upstream_start_failed");
    this.#retreat(slot, ++slot.failures);
    this.#look(slot);
  }

  crash(slot: ModelSlot): void {
    this.#failAll(slot, "inFlight", "upstream_closed");
    if (this.now - slot.readyAt >= healthyMs) slot.failures = 0;
    slot.drainedAt = Number.POSITIVE_INFINITY;
    if (slot.next === "ended") slot.state = "stopped";
    else if (++slot.failures > 1) this.#retreat(slot, slot.failures);
    else {
      slot.state = "failed";
      this.#startIfWanted(slot);
    }
    this.#look(slot);
  }

  stop(): void {
    const slot = this.current;
    if (slot.state === "starting") {
      this.#failAll(slot, "waiting", "upstream_closed");
      this.#stopped(slot);
    } else if (slot.state === "ready") {
      slot.drainedAt = this.now + drainMs;
      slot.state = "draining";
      this.#look(slot);
    } else if (slot.state === "backoff" || slot.state === "failed") this.#stopped(slot);
  }

  /** By hand. */
  startNow(): void {
    const slot = this.current;
    if (slot.state === "backoff") slot.state = "failed";
    if (slot.state === "ready") return;
    slot.waiting.push({ value: "", outcome: "open", byHand: true });
    this.#startIfWanted(slot);
  }

  reload(): void {
    const old = this.current;
    old.isRetired = true;
    old.retiredAt = this.now + drainMs;
    this.slots.push(new ModelSlot());
    this.#look(old);
  }

  /** What was being disposed is gone. */
  disposed(): void {
    for (const slot of this.slots.filter(({ state }) => state === "stopping")) {
      if (slot.next === "ended") this.#end(slot);
      else this.#stopped(slot);
    }
  }

  /** Time passes, and what is being disposed is gone at once. */
  advance(ms: number): void {
    const target = this.now + ms;
    for (;;) {
      this.disposed();
      const [next] = this.slots
        .map((slot) => ({ slot, at: timeOf(slot) }))
        .sort((one, other) => one.at - other.at);
      if (!next || next.at > target) break;
      this.now = Math.max(this.now, next.at);
      this.#timeIsUp(next.slot);
    }
    this.now = target;
  }

  #timeIsUp(slot: ModelSlot): void {
    if (slot.retiredAt <= this.now && slot.drainedAt > this.now) this.#dispose(slot);
    else if (slot.state === "backoff") {
      slot.state = "failed";
      this.#startIfWanted(slot);
    } else if (slot.state === "draining") {
      this.#failAll(slot, "inFlight", "upstream_closed");
      this.#takeDown(slot, "stopped");
    } else this.#takeDown(slot, "stopped");
  }

  /** Looks whether what waited for the end of calls can go on. */
  #look(slot: ModelSlot): void {
    if (slot.state === "draining" && slot.inFlight.length === 0) this.#takeDown(slot, "stopped");
    if (slot.isRetired && !slot.isUsed && slot.next !== "ended") this.#dispose(slot);
  }

  #dispose(slot: ModelSlot): void {
    slot.retiredAt = Number.POSITIVE_INFINITY;
    this.#failAll(slot, "waiting", "upstream_closed");
    this.#failAll(slot, "inFlight", "upstream_closed");
    if (slot.state === "ready" || slot.state === "draining" || slot.state === "stopping")
      this.#takeDown(slot, "ended");
    else this.#end(slot);
  }

  #takeDown(slot: ModelSlot, next: ModelSlot["next"]): void {
    slot.state = "stopping";
    slot.next = next;
    slot.drainedAt = Number.POSITIVE_INFINITY;
  }

  #end(slot: ModelSlot): void {
    this.slots = this.slots.filter((other) => other !== slot);
  }

  #stopped(slot: ModelSlot): void {
    slot.state = "stopped";
    slot.failures = 0;
    this.#startIfWanted(slot);
  }

  #startIfWanted(slot: ModelSlot): void {
    if (slot.waiting.length > 0 && (slot.state === "stopped" || slot.state === "failed")) this.#begin(slot);
  }

  #begin(slot: ModelSlot): void {
    slot.state = "starting";
    slot.start = this.starts++;
  }

  #retreat(slot: ModelSlot, failures: number): void {
    const delay = Math.min(1000 * 2 ** (failures - 1), longestBackoffMs);
    slot.state = "backoff";
    slot.retryAt = this.now + delay;
    for (const call of slot.waiting) call.retryAfterMs = delay;
    this.#failAll(slot, "waiting", "upstream_backoff");
  }

  #finish(slot: ModelSlot, call: ModelCall, outcome: Outcome): void {
    call.outcome = outcome;
    if (slot.inFlight.includes(call)) slot.lastUse = this.now;
    slot.inFlight = slot.inFlight.filter((other) => other !== call);
    slot.waiting = slot.waiting.filter((other) => other !== call);
    this.#look(slot);
  }

  #failAll(slot: ModelSlot, which: "waiting" | "inFlight", outcome: Outcome): void {
    for (const call of slot[which]) call.outcome = outcome;
    slot[which] = [];
  }
}

/** When the next thing happens to a slot by itself. */
function timeOf(slot: ModelSlot): number {
  const isIdle = slot.state === "ready" && slot.inFlight.length === 0;
  const own = isIdle ? slot.lastUse + idleMs : slot.state === "backoff" ? slot.retryAt : slot.drainedAt;
  return Math.min(own, slot.retiredAt);
}

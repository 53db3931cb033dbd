import type { ServerState } from "../gateway/types.ts";
import type { OmgError } from "../runtime/errors.ts";
import type { RunningInstance } from "./start-instance.ts";

export interface SlotSettings {
  readonly server: string;
  /** Milliseconds without use before the instance stops; 0: never. */
  readonly idleTimeoutMs: number;
  readonly maxWaiters: number;
  /** Milliseconds a stop waits for calls in flight. */
  readonly drainTimeoutMs: number;
}

/** What a slot hears of its instance. */
export interface InstanceWatch {
  /** The instance has exited; its last words may still arrive. */
  onExit(): void;
  /** The conversation with the instance is over. */
  onLost(why: OmgError): void;
  /** Whether something runs on the instance though no call is in flight. */
  onBusy(busy: boolean): void;
}

/** What a slot needs done, and tells. */
export interface SlotHooks {
  start(signal: AbortSignal, watch: InstanceWatch): Promise<RunningInstance>;
  /** A client waits now for what only the background wanted so far. */
  onUrgent(): void;
  onState(from: ServerState, to: ServerState, why: string | undefined): void;
}

/** A ready instance that stays awake until `release()`. */
export interface Lease {
  readonly instance: RunningInstance;
  release(): void;
}

export interface LeaseOptions {
  /** Whether a client waits; the background takes its turn after clients. */
  readonly urgent: boolean;
  /** Gets the means to give up waiting. */
  readonly onWait?: ((cancel: (error: OmgError) => void) => void) | undefined;
}

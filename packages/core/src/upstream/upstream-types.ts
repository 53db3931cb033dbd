import type { Clock } from "../clock.ts";
import type { OmgError } from "../runtime/errors.ts";
import type { Frame } from "../runtime/frame.ts";
import type { ListedItem } from "../runtime/json-items.ts";
import type { Transport } from "../runtime/transport.ts";
import type { AskOptions } from "../session/call.ts";
import type { ModernTaskOwners } from "./tasks-for-legacy.ts";

export interface UpstreamLimits {
  /** Milliseconds a call may pass without answer or progress. */
  readonly callTimeoutMs: number;
  /** Milliseconds a call may take however much progress it reports. */
  readonly maxCallMs: number;
  readonly maxCallsInFlight: number;
}

export interface UpstreamEvents {
  /** A list or a resource of the server has changed. */
  onChange(frame: Frame): void;
  /** Something arrived that was dropped: no message, no such id, a second answer, a message that nobody may see. */
  onDropped(what: string): void;
  /** The connection has ended by the server or a fault; fires once, not after `close()`. */
  onLost(why: OmgError): void;
  /** Whether the instance must not be stopped, though no call is in flight: a task runs. */
  onBusy(busy: boolean): void;
  /** The server's description of one of its tools, if it is known. Absent: none is. */
  tool?(name: string): Promise<ListedItem | undefined>;
}

/** The one session that an instance is for: everything it says is for that session. */
export interface InstanceOwner {
  relay(frame: Frame): void;
  ask(question: Frame, options: AskOptions): Promise<Frame>;
}

export interface UpstreamOptions {
  readonly server: string;
  readonly transport: Transport;
  readonly clock: Clock;
  readonly limits: UpstreamLimits;
  /** Whose the tasks are that the server has, if it is of the modern era. */
  readonly taskOwners: ModernTaskOwners;
  /** Absent: the instance is shared. */
  readonly owner?: InstanceOwner | undefined;
  readonly events: UpstreamEvents;
}

/** What a request says in the server's own terms. */
export type Edits = Readonly<Partial<Record<"name" | "uri" | "taskId", string>>>;

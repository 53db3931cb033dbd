import { type Clock, type Gateway, systemClock } from "@omg/core";
import type { FrontOptions } from "./front-options.ts";
import type { HttpEvent } from "./http-event.ts";
import { InFlight } from "./in-flight.ts";
import { defaultLimits, type HttpLimits } from "./limits.ts";
import { Patience } from "./patience.ts";
import { noPressure, type Pressure } from "./pressure.ts";

/** Running totals since the start, and what is open now. */
export interface FrontCounters {
  /** Sessions open now. */
  readonly sessions: number;
  /** Event streams open now that a GET asked for. */
  readonly streams: number;
  /** Requests that wait for an answer now. */
  readonly waiting: number;
  /** Messages to clients that nobody could take. */
  readonly droppedFrames: number;
  /** Requests turned away for their Host, Origin or credential. */
  readonly refused: number;
}

/** The same, with the connections of a front that has its own sockets. */
export interface HttpCounters extends FrontCounters {
  /** Connections open now. */
  readonly connections: number;
  /** Connections closed because there were too many. */
  readonly closedConnections: number;
}

/** What a front is made with, as far as its handlers see it. */
type ContextOptions = Pick<FrontOptions, "gateway" | "limits" | "pressure" | "clock" | "onEvent">;

/** What all handlers of one front share. */
export interface HttpContext {
  readonly gateway: Gateway;
  readonly clock: Clock;
  /** How the process is doing. */
  readonly pressure: () => Pressure;
  readonly limits: HttpLimits;
  readonly inFlight: InFlight;
  /** When a request waits for longer than the keep-alive time. */
  readonly patience: Patience;
  readonly counters: {
    connections: number;
    closedConnections: number;
    streams: number;
    droppedFrames: number;
    refused: number;
  };
  /** What is kept of event streams, for clients that were cut off. */
  readonly kept: { bytes: number };
  readonly emit: (event: HttpEvent) => void;
}

/** What the handlers of a new front share. */
export function httpContext(options: ContextOptions): HttpContext {
  const { gateway, clock = systemClock, pressure = () => noPressure, onEvent } = options;
  const limits = { ...defaultLimits, ...options.limits };
  return {
    gateway,
    clock,
    pressure,
    limits,
    inFlight: new InFlight(),
    patience: new Patience(limits.keepAliveMs),
    counters: { connections: 0, closedConnections: 0, streams: 0, droppedFrames: 0, refused: 0 },
    kept: { bytes: 0 },
    emit: guarded(onEvent),
  };
}

/** A listener that fails must not stop what it listens to. */
function guarded(listener: FrontOptions["onEvent"] = () => {}): HttpContext["emit"] {
  return (event) => {
    try {
      listener(event);
    } catch {
      // There is nobody left to tell.
    }
  };
}

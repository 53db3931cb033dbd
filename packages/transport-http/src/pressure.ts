import { OmgError } from "@omg/core";

/** How much of what the process has is in use. */
export interface Pressure {
  /** The share of the memory that it may use, from 0 to 1. */
  readonly memory: number;
  /** The longest that the event loop was held up within the last seconds, in milliseconds. */
  readonly loopDelayMs: number;
}

/** Where nobody measures. */
export const noPressure: Pressure = { memory: 0, loopDelayMs: 0 };

/** The share of the memory from which on none of these is let in. */
const tooMuchFrom = { session: 0.85, request: 0.95 };
const longDelayMs = 1_000;

/** Why a further one of these would be too much, if so. */
export function shortageFor(what: "session" | "request", { memory }: Pressure): OmgError | undefined {
  if (memory < tooMuchFrom[what]) return undefined;
  return new OmgError("overloaded", {
    detail: "memory",
    retryAfterMs: 5_000,
    message: `The gateway has ${percent(memory)} of its memory in use; try again later, or give it more`,
  });
}

/** Why clients had better be sent elsewhere, if so. */
export function strainOf({ memory, loopDelayMs }: Pressure): string | undefined {
  if (memory >= tooMuchFrom.session) return `${percent(memory)} of the memory are in use`;
  if (loopDelayMs > longDelayMs) return `The process was held up for ${Math.round(loopDelayMs)} ms`;
  return undefined;
}

function percent(share: number): string {
  return `${Math.round(share * 100)} %`;
}

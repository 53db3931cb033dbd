import type { TargetName } from "../targets/target.ts";

/** What is measured, with its unit. */
export const figures = {
  "load-1 rate": "calls/s",
  "load-1 cpu": "µs",
  "load-1 p99": "ms",
  "load-1 memory": "MB",
  "load-64 rate": "calls/s",
  "load-64 cpu": "µs",
  "load-64 p99": "ms",
  "load-64 memory": "MB",
  "single p50": "ms",
  "large rate": "results/s",
  "large cpu": "ms",
  "http-json single": "ms",
  "http-json rate": "calls/s",
  "http-json cpu": "µs",
  "http-json p99": "ms",
  "http-json memory": "MB",
  "http-sse single": "ms",
  "http-sse rate": "calls/s",
  "http-sse cpu": "µs",
  "http-sse p99": "ms",
  "http-sse memory": "MB",
  "listing p50": "ms",
  "sleep last": "ms",
  "start warm": "ms",
  "start cold": "ms",
  "remembered warm": "ms",
  "remembered started": "servers",
  "remembered listed": "tools",
  "idle-1 memory": "MB",
  "idle-50 memory": "MB",
  "idle-500 memory": "MB",
  "session memory": "KB",
} as const satisfies Record<string, string>;

export type Figure = keyof typeof figures;

/** All values of a run: for each figure and target one value a round. */
export class Results {
  readonly #values = new Map<Figure, Map<TargetName, number[]>>();

  add(figure: Figure, target: TargetName, value: number): void {
    if (!Number.isFinite(value)) throw new Error(`${figure} of ${target} is ${value}`);
    const targets = this.#values.get(figure) ?? new Map<TargetName, number[]>();
    this.#values.set(figure, targets);
    targets.set(target, [...(targets.get(target) ?? []), value]);
  }

  /** In the order of the rounds; empty if this was not measured. */
  of(figure: Figure, target: TargetName): readonly number[] {
    return this.#values.get(figure)?.get(target) ?? [];
  }

  toJSON(): Record<string, Record<string, readonly number[]>> {
    const entries = [...this.#values].map(
      ([figure, targets]) => [figure, Object.fromEntries(targets)] as const,
    );
    return Object.fromEntries(entries);
  }
}

import type { TargetName } from "../targets/target.ts";
import type { Figure } from "./figures.ts";

/** What a target could not do, in its own words as far as they are short. */
export interface Failure {
  /** The scenario, or `install`. */
  readonly during: string;
  readonly target: TargetName;
  readonly said: string;
}

/** Values as they are written to a file: for each figure and target one a round. */
export type WrittenResults = Readonly<
  Partial<Record<Figure, Partial<Record<TargetName, readonly number[]>>>>
>;

const SAID_CHARACTERS = 300;

/** All values of a run: for each figure and target one value a round. */
export class Results {
  readonly #values = new Map<Figure, Map<TargetName, number[]>>();
  readonly #failures: Failure[] = [];

  /** Reads what was written. */
  static from(written: WrittenResults, failures: readonly Failure[] = []): Results {
    const results = new Results();
    for (const [figure, targets] of Object.entries(written)) {
      for (const [target, values] of Object.entries(targets)) {
        for (const value of values) results.add(figure as Figure, target as TargetName, value);
      }
    }
    results.#failures.push(...failures);
    return results;
  }

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

  /** Notes what a target could not do. */
  fail(during: string, target: TargetName, error: unknown): void {
    const text = error instanceof Error ? error.message : String(error);
    this.#failures.push({ during, target, said: gist(text) });
  }

  get failures(): readonly Failure[] {
    return this.#failures;
  }

  toJSON(): WrittenResults {
    const entries = [...this.#values].map(
      ([figure, targets]) => [figure, Object.fromEntries(targets)] as const,
    );
    return Object.fromEntries(entries);
  }
}

/** The beginning of an error in one line, without HTML and without where in the code it came from. */
function gist(text: string): string {
  const plain = text.replace(/<style[\s\S]*?<\/style>|<[^>]*>|&nbsp;/g, " ").replace(/\s+/g, " ");
  return plain
    .replace(/ at (?:\S+ \(|file:|\/).*$/, "")
    .trim()
    .slice(0, SAID_CHARACTERS);
}

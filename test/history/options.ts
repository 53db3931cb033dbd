import { randomInt } from "node:crypto";
import { parseArgs } from "node:util";

export interface Options {
  readonly operations: number;
  readonly seed: number;
  /** After which no operation is begun any more. */
  readonly minutes: number;
}

/** Reads `--ops`, `--seed` and `--minutes`. Throws for what is no number. */
export function readOptions(args: readonly string[]): Options {
  const { values } = parseArgs({
    args: [...args],
    options: {
      ops: { type: "string", default: "20000" },
      seed: { type: "string", default: String(randomInt(1, 1_000_000)) },
      minutes: { type: "string", default: "10" },
    },
  });
  return {
    operations: numberOf("--ops", values.ops),
    seed: numberOf("--seed", values.seed),
    minutes: numberOf("--minutes", values.minutes),
  };
}

function numberOf(name: string, text: string): number {
  const number = Number(text);
  if (text.trim() === "" || !(number > 0)) throw new Error(`${name} must be a number above 0, not '${text}'`);
  return number;
}

import { createReadStream } from "node:fs";
import { createInterface } from "node:readline";
import { type History, mayHaveRun, mustHaveRun, mustNotHaveRun, noCall } from "./history.ts";
import { secretValue } from "./request.ts";

/** Compares what servers say that they have executed with what clients were told. Returns how often they executed. */
export async function compareExecutions(file: string, history: History, seed: number): Promise<number> {
  const { calls } = history;
  const runs = new Uint8Array(calls.length);
  let total = 0;
  for await (const value of createInterface({ input: createReadStream(file) })) {
    total++;
    const operation = Number.parseInt(value, 10);
    if (value === secretValue(seed, operation)) runs[operation] = (runs[operation] ?? 0) + 1;
    else history.fault(undefined, `a server executed a call that nobody made: ${value}`);
  }
  for (const [operation, call] of calls.entries()) {
    const count = runs[operation] ?? 0;
    const fits = expectations[call]?.(count) ?? false;
    if (!fits) history.fault(operation, `${told[call]}, and its call was executed ${count} times`);
    else if (call !== noCall) history.pass();
  }
  return total;
}

const expectations: Readonly<Record<number, (count: number) => boolean>> = {
  [noCall]: (count) => count === 0,
  [mustHaveRun]: (count) => count === 1,
  [mustNotHaveRun]: (count) => count === 0,
  [mayHaveRun]: (count) => count <= 1,
};

const told: Readonly<Record<number, string>> = {
  [noCall]: "no call was made",
  [mustHaveRun]: "it has a result",
  [mustNotHaveRun]: "the error says that it was not executed",
  [mayHaveRun]: "nobody knows whether it was executed",
};

import assert from "node:assert/strict";
import { textOf } from "../../clients/test-client.ts";
import type { EraCell } from "../cell.ts";
import type { RawAnswer } from "../clients/era-raw.ts";
import type { EraException } from "../feature.ts";

/** The result in an answer. Throws for an error. */
export function resultIn({ result, error }: RawAnswer): Record<string, unknown> {
  if (!result) throw new Error(`No result: ${JSON.stringify(error)}`);
  return result;
}

/** The text of a tool's result in an answer. Throws for anything else. */
export function textIn(answer: RawAnswer): string {
  return textOf(resultIn(answer));
}

/** Checks the code of an error, and that its words tell the reason. */
export function refused({ error, result }: RawAnswer, code: number, words: RegExp): void {
  assert.equal(error?.code, code, JSON.stringify(error ?? result));
  assert.match(error?.message ?? "", words);
}

/** Calls a tool in text, by the server's own name. */
export async function callRaw(
  cell: EraCell,
  tool: string,
  args: Record<string, unknown> = {},
  more: Record<string, unknown> = {},
): Promise<RawAnswer> {
  const raw = await cell.raw();
  return raw.ask("tools/call", { name: cell.name(tool), arguments: args, ...more });
}

/** Over stdio each client starts a gateway of its own. */
export const alone: EraException = {
  at: { front: "stdio" },
  reason: "each client has a gateway of its own",
  async check(cell) {
    const [client, other] = [await cell.client(), await cell.other()];
    assert.notEqual(await client.call("pid"), await other.call("pid"));
  },
};

/** What `test_counted_elicitation` has done so far. */
export async function counted(cell: EraCell): Promise<{ entered: number; done: number }> {
  return JSON.parse(textIn(await callRaw(cell, "test_count")));
}

import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { type Answer, type Json, textOf } from "../../clients/test-client.ts";
import type { EraCell } from "../cell.ts";
import type { EraClient } from "../clients/era-client.ts";

/** What a tool says of its failure. */
export function failureIn({ isError, content }: Json): string {
  assert.equal(isError, true);
  return (content as { text: string }[])[0]?.text ?? "";
}

type Answers = Readonly<Record<string, Json | (() => Json)>>;

/** The same with the client of a place. */
export async function interview(cell: EraCell, tool: string, answers: Answers) {
  return interviewOf(await cell.client(), tool, answers);
}

/** Calls a tool that asks, and gives its text and what the client was asked. */
export async function interviewOf(client: EraClient, tool: string, answers: Answers) {
  const asked: Json[] = [];
  for (const [method, answer] of Object.entries(answers)) {
    const reply: Answer = (params) => {
      asked.push(params);
      return typeof answer === "function" ? answer() : answer;
    };
    client.answers.set(method, reply);
  }
  const args = { test_elicitation: { message: "Who?" }, test_sampling: { prompt: "Where?" } }[tool];
  return { text: textOf(await client.result(tool, args ?? {})), asked };
}

/** Checks something while another client has a call in flight at the same server. */
export async function whileAnotherCalls(
  cell: EraCell,
  check: (client: EraClient) => Promise<void>,
): Promise<void> {
  const other = await cell.other();
  const key = randomUUID();
  const held = other.call("hold", { key });
  await other.call("held", { key });
  try {
    await check(await cell.client());
  } finally {
    // A call that is given up would be in the way of the checks that follow.
    await other.call("release", { key });
    await held;
  }
}

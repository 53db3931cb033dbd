import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import type { Cell } from "../cell.ts";
import type { TestClient } from "../clients/test-client.ts";
import type { Exception } from "../feature.ts";

/** A text that stands nowhere else. */
export function key(): string {
  return randomUUID();
}

export interface Refused {
  readonly code: number;
  readonly message: string;
  readonly data?: unknown;
}

/** The error that a request is refused with. Throws if it is not. */
export async function codeOf(request: Promise<unknown>): Promise<Refused> {
  try {
    const result = await request;
    throw new Error(`It was not refused: ${JSON.stringify(result)}`);
  } catch (error) {
    const { code, message, data } = error as Refused;
    if (code === undefined) throw error;
    return { code, message, data };
  }
}

/** Over stdio each client starts a gateway of its own. */
export const alone: Exception = {
  at: { front: "stdio" },
  reason: "each client has a gateway of its own",
  async check(cell) {
    const client = await cell.client();
    await using other = await cell.connect();
    assert.notEqual(await client.call("pid"), await other.call("pid"));
  },
};

/** Checks something while another client has a call in flight at the same server. */
export async function whileAnotherCalls(
  cell: Cell,
  check: (client: TestClient, other: TestClient) => Promise<void>,
): Promise<void> {
  await using other = await cell.connect();
  const id = key();
  const held = other.call("hold", { key: id });
  await other.call("received", { method: "tools/call", includes: `"hold","arguments":{"key":"${id}"}` });
  try {
    await check(await cell.client(), other);
  } finally {
    // A call that is given up would be in the way of the checks that follow.
    await other.call("release", { key: id });
    await held;
  }
}

import { setTimeout as delay } from "node:timers/promises";
import type { RunningGateway } from "../../../apps/gateway/test/support/omg.ts";
import { errorOf, type GatewayError } from "../../support/answers.ts";
import { modernFront } from "../../support/fronts/modern-front.ts";

const afterErrorMs = 50;

/** How a call went. */
export interface Outcome {
  /** In milliseconds. */
  readonly ms: number;
  /** Undefined: it was answered. */
  readonly error: GatewayError | undefined;
}

/** Calls a tool of a scripted server, whatever comes of it. */
export async function call(
  { url }: RunningGateway,
  server: string,
  name = "echo",
  args: object = { text: "x" },
): Promise<Outcome> {
  const start = performance.now();
  const client = modernFront(`${url}/servers/${server}/mcp`);
  const answer = await client.request("tools/call", { name, arguments: args });
  const ms = performance.now() - start;
  return { ms, error: answer.error === undefined ? undefined : errorOf(answer) };
}

/** Callers that call the same servers over and over, one call after the other, until they are told to stop. */
export class Load implements AsyncDisposable {
  readonly outcomes: Outcome[] = [];
  readonly #callers: Promise<unknown>;
  #isOver = false;

  constructor(gateway: RunningGateway, servers: readonly string[], callers: number) {
    const one = async (server: string) => {
      while (!this.#isOver) {
        const outcome = await call(gateway, server);
        this.outcomes.push(outcome);
        // Refusals take no time at all, and the machine has other things to do.
        if (outcome.error) await delay(afterErrorMs);
      }
    };
    const all = Promise.all(servers.flatMap((id) => Array.from({ length: callers }, () => one(id))));
    // A gateway that ends before is seen by whoever ends the load.
    all.catch(() => {});
    this.#callers = all;
  }

  /** Resolves with all outcomes once every call was answered. */
  async end(): Promise<readonly Outcome[]> {
    this.#isOver = true;
    await this.#callers;
    return this.outcomes;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.end();
  }
}

/** How often each thing came: `ok`, or the reason of an error. */
export function counted(outcomes: readonly Outcome[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const { error } of outcomes) {
    const outcome = error?.data.reason ?? "ok";
    counts[outcome] = (counts[outcome] ?? 0) + 1;
  }
  return counts;
}

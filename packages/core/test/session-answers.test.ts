import { expect, test } from "vitest";
import type { Endpoint } from "../src/router/endpoint.ts";
import { type Frame, requestFrame, resultFrame } from "../src/runtime/frame.ts";
import type { Transport } from "../src/runtime/transport.ts";
import { ClientSession, type SessionHooks } from "../src/session/session.ts";
import { VirtualClock } from "./support/virtual-clock.ts";

/** A session whose endpoint answers in this way; with what the client gets, and what is told of faults. */
async function session(request: Endpoint["request"]) {
  const sent: Frame[] = [];
  const faults: unknown[] = [];
  const transport: Transport = {
    start: async () => {},
    close: async () => {},
    send: async () => {},
    sendFrame: async (frame) => void sent.push(frame),
  };
  const hooks = {
    clock: new VirtualClock(),
    onRequest: () => {},
    onAnswer: () => {},
    onEnd: async () => {},
    onInternalError: (error: unknown) => void faults.push(error),
  } as unknown as SessionHooks;
  const created = new ClientSession(transport, hooks, () => ({ request }) as unknown as Endpoint);
  await created.start();
  const ask = async (id: number) => {
    transport.onframe?.(requestFrame(id, "tools/call", { name: "x" }));
    await created.idle();
    return sent.at(-1)?.value();
  };
  return { session: created, ask, faults };
}

test("an answer gets the id of its request", async () => {
  const { ask, session: tested } = await session(async () => resultFrame(99, "{}"));
  expect(await ask(7)).toEqual({ jsonrpc: "2.0", id: 7, result: {} });
  expect(tested.callsInFlight).toBe(0);
});

test.each([
  [
    "throws at once",
    () => {
      throw new Error("at once");
    },
    "internal",
  ],
  ["rejects", () => Promise.reject(new Error("later")), "internal"],
  ["answers with what is no JSON", async () => resultFrame(99, "{"), "parse_error"],
] as const)("a request is answered whose endpoint %s", async (_what, request, reason) => {
  const { ask, session: tested } = await session(request);
  expect(await ask(7)).toMatchObject({ id: 7, error: { data: { reason } } });
  expect(tested.callsInFlight).toBe(0);
});

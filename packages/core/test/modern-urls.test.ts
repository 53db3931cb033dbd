import { describe, expect, test } from "vitest";
import type { Params } from "../src/runtime/transport.ts";
import { fakeServer, text } from "./support/fake-runtime.ts";
import { testGateway } from "./support/gateway.ts";
import { allCapabilities, ModernClient } from "./support/modern-client.ts";

const elicitation = { mode: "url", elicitationId: "e1", url: "https://x.test/", message: "Log in" };

/** A server of the legacy era whose tool fails until the user has been at a URL. */
async function behindUrl(
  data: unknown = { elicitations: [elicitation] },
  capabilities: Params = allCapabilities,
) {
  const state = { runs: 0, isDone: false, params: undefined as Params | undefined };
  const call = (params: Params) => {
    state.runs++;
    state.params = params;
    if (state.isDone) return text("in");
    throw Object.assign(new Error("log in first"), { code: -32042, data });
  };
  const methods = { "tools/call": call, "completion/complete": call };
  const { gateway, clock, runtime, events } = await testGateway({ a: fakeServer({}, { methods }) });
  return {
    gateway,
    clock,
    runtime,
    events,
    state,
    client: new ModernClient(gateway, { server: "a", capabilities }),
  };
}

describe("an error that sends the user to a URL first", () => {
  test("asks the client to do so, and the request runs when it has", async () => {
    const { client, state } = await behindUrl();
    const params = { name: "t", arguments: { x: 1 } };
    const first = await client.result("tools/call", params);
    expect(first).toEqual({
      resultType: "input_required",
      inputRequests: { url1: { method: "elicitation/create", params: elicitation } },
      requestState: expect.any(String),
    });
    state.isDone = true;
    const { requestState } = first;
    const back = { ...params, requestState, inputResponses: { url1: { action: "accept" } } };
    expect(await client.result("tools/call", back)).toMatchObject({ ...text("in"), resultType: "complete" });
    expect(state.params).toEqual({ ...params, _meta: {} });
    expect(state.runs).toBe(2);
  });

  test("does not run again for a user who refuses, for another request, or too late", async () => {
    const { client, state, clock } = await behindUrl();
    const { requestState } = await client.result("tools/call", { name: "t" });
    const accept = { requestState, inputResponses: { url1: { action: "accept" } } };
    const decline = { name: "t", requestState, inputResponses: { url1: { action: "decline" } } };
    expect(await client.error("tools/call", decline)).toMatchObject({ data: { reason: "cancelled" } });
    expect(await client.error("tools/call", { name: "u", ...accept })).toMatchObject({ code: -32602 });
    await clock.advance(600_000);
    expect(await client.error("tools/call", { name: "t", ...accept })).toMatchObject({ code: -32602 });
    expect(state.runs).toBe(1);
  });

  test("leaves nothing on the server", async () => {
    const { client, runtime, events } = await behindUrl();
    await client.result("tools/call", { name: "t" });
    const params = { elicitationId: "e1" };
    runtime.last.say({ jsonrpc: "2.0", method: "notifications/elicitation/complete", params });
    expect(events.at(-1)).toMatchObject({ type: "frame-dropped" });
  });

  test("needs a client that can", async () => {
    const { client } = await behindUrl(undefined, { elicitation: {} });
    expect(await client.error("tools/call", { name: "t" })).toMatchObject({
      code: -32021,
      data: { requiredCapabilities: { elicitation: { url: {} } } },
    });
  });

  test.each([undefined, {}, { elicitations: "x" }, { elicitations: [null, {}] }])(
    "must name one (%o)",
    async (data) => {
      const { client } = await behindUrl(data ?? null);
      expect(await client.error("tools/call", { name: "t" })).toMatchObject({
        data: { reason: "upstream_protocol_error" },
      });
    },
  );

  test("never reaches the client of a request that can not be asked", async () => {
    const { client } = await behindUrl();
    const ref = { type: "ref/prompt", name: "p" };
    expect(
      await client.error("completion/complete", { ref, argument: { name: "a", value: "" } }),
    ).toMatchObject({
      data: { reason: "upstream_protocol_error" },
    });
  });
});

import { resultFrame } from "@omg/core";
import { describe, expect, it } from "vitest";
import { noPressure, type Pressure } from "../src/pressure.ts";
import { accept, call, initializeRequest, openSession, served, toolCall } from "./support/http.ts";
import { modernCall } from "./support/modern.ts";

/** A front whose process can be put under pressure. */
async function strained() {
  let pressure = noPressure;
  const front = await served({ pressure: () => pressure });
  const press = (more: Partial<Pressure>) => {
    pressure = { ...noPressure, ...more };
  };
  return { ...front, press };
}

describe("a gateway that is short of memory", () => {
  it("lets no session in, and answers those that it has", async () => {
    const { url, gateway, press } = await strained();
    const headers = await openSession(`${url}/mcp`);
    press({ memory: 0.85 });
    const refused = await call(`${url}/mcp`, { headers: { accept }, body: initializeRequest() });
    expect([refused.status, refused.headers["retry-after"], refused.json.error]).toMatchObject([
      503,
      "5",
      {
        message: "The gateway has 85 % of its memory in use; try again later, or give it more",
        data: { reason: "overloaded", detail: "memory", retryable: true, retryAfterMs: 5_000 },
      },
    ]);
    expect((await call(`${url}/sse`, { headers: { accept: "text/event-stream" } })).status).toBe(503);
    expect(gateway.sessions).toHaveLength(1);
    expect((await call(`${url}/mcp`, { headers, body: toolCall(1, "echo") })).status).toBe(200);
    expect((await call(`${url}/mcp`, modernCall("echo"))).status).toBe(200);
    press({ memory: 0.84 });
    expect((await call(`${url}/mcp`, { headers: { accept }, body: initializeRequest() })).status).toBe(200);
  });

  it("answers nothing but questions of health once there is hardly any left", async () => {
    const { url, gateway, press } = await strained();
    const headers = await openSession(`${url}/mcp`);
    const arrived = gateway.next("tools/call");
    const waiting = call(`${url}/mcp`, { headers, body: toolCall(1, "slow") });
    await arrived;
    const before = gateway.frames.length;
    press({ memory: 0.95 });
    for (const [path, body] of [
      ["/mcp", toolCall(2, "echo")],
      ["/servers/pg/mcp", initializeRequest()],
      ["/rpc", { method: "tools/list" }],
      ["/stats", undefined],
    ] as const) {
      const reply = await call(url + path, { headers, body });
      expect([reply.status, reply.headers["retry-after"], reply.json]).toMatchObject([
        503,
        "5",
        { error: "Service Unavailable", reason: "overloaded" },
      ]);
    }
    for (const path of ["/health", "/healthz"]) expect((await call(url + path)).status).toBe(200);
    expect(gateway.frames).toHaveLength(before);
    await gateway.session.send(resultFrame(1, "{}"));
    expect((await waiting).status).toBe(200);
    expect((await call(`${url}/mcp`, { method: "DELETE", headers })).status).toBe(200);
  });
});

describe("GET /readyz", () => {
  it.each([
    [{ memory: 0.9 }, "90 % of the memory are in use"],
    [{ loopDelayMs: 1_200.4 }, "The process was held up for 1200 ms"],
  ])("sends clients elsewhere at %j", async (pressure, detail) => {
    const { url, press } = await strained();
    press(pressure);
    const reply = await call(`${url}/readyz`);
    expect([reply.status, reply.json]).toEqual([503, { status: "overloaded", detail }]);
    press({ memory: 0.84, loopDelayMs: 1_000 });
    expect((await call(`${url}/readyz`)).json).toEqual({ status: "ready" });
  });
});

it("GET /stats tells of it, and of connections", async () => {
  const { url, press } = await strained();
  press({ memory: 0.12345, loopDelayMs: 17.4 });
  expect((await call(`${url}/stats`)).json).toMatchObject({
    connections: 1,
    closed_connections: 0,
    memory_used: 0.123,
    event_loop_delay_ms: 17,
  });
});

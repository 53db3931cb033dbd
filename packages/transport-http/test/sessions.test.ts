import { resultFrame } from "@omg/core";
import { describe, expect, it } from "vitest";
import { accept, call, initializeRequest, open, openSession, served, toolCall } from "./support/http.ts";
import { VirtualClock } from "./support/virtual-clock.ts";

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

describe("a session", () => {
  async function aged() {
    const clock = new VirtualClock();
    return { clock, ...(await served({ clock })) };
  }

  it("ends after half an hour without use, on both sides", async () => {
    const { clock, url, gateway, front } = await aged();
    const headers = await openSession(`${url}/mcp`);
    await clock.advance(29 * MINUTE);
    expect((await call(`${url}/mcp`, { headers, body: toolCall(1, "echo") })).status).toBe(200);
    await clock.advance(29 * MINUTE);
    expect((await call(`${url}/mcp`, { headers, body: toolCall(2, "echo") })).status).toBe(200);
    await clock.advance(31 * MINUTE);
    await gateway.session.closed;
    expect((await call(`${url}/mcp`, { headers, body: toolCall(3, "echo") })).status).toBe(404);
    expect(front.counters().sessions).toBe(0);
  });

  it("lives as long as a call is in flight, and half an hour more", async () => {
    const { clock, url, gateway } = await aged();
    const headers = await openSession(`${url}/mcp`);
    const arrived = gateway.next("tools/call");
    const reply = call(`${url}/mcp`, { headers, body: toolCall(1, "slow") });
    await arrived;
    await clock.advance(5 * HOUR);
    await gateway.session.send(resultFrame(1, "{}"));
    expect((await reply).status).toBe(200);
    await clock.advance(29 * MINUTE);
    expect((await call(`${url}/mcp`, { headers, body: toolCall(2, "echo") })).status).toBe(200);
  });

  it("lives as long as its event stream is open", async () => {
    const { clock, url } = await aged();
    const headers = await openSession(`${url}/mcp`);
    await open(`${url}/mcp`, { headers });
    await clock.advance(5 * HOUR);
    expect((await call(`${url}/mcp`, { headers, body: toolCall(1, "echo") })).status).toBe(200);
  });

  it("ends after a day, whatever it does", async () => {
    const { clock, url, gateway } = await aged();
    const headers = await openSession(`${url}/mcp`);
    await open(`${url}/mcp`, { headers });
    await clock.advance(24 * HOUR + MINUTE);
    await gateway.session.closed;
    expect((await call(`${url}/mcp`, { headers, body: toolCall(1, "echo") })).status).toBe(404);
  });
});

describe("sessions", () => {
  it("are limited in number, and make room when they end", async () => {
    const { url, gateway } = await served({ limits: { sessions: 2 } });
    const headers = await openSession(`${url}/mcp`);
    const body = { jsonrpc: "2.0", id: 1, method: "tools/list" };
    await call(`${url}/mcp`, { headers, body });
    await call(`${url}/mcp`, { headers: await openSession(`${url}/mcp`), body });
    const refused = await call(`${url}/mcp`, { headers: { accept }, body: initializeRequest() });
    expect([refused.status, refused.json.error.data]).toMatchObject([
      503,
      { reason: "overloaded", detail: "sessions" },
    ]);
    expect(refused.headers["retry-after"]).toBe("1");
    expect(gateway.sessions).toHaveLength(2);
    await call(`${url}/mcp`, { method: "DELETE", headers });
    expect((await call(`${url}/mcp`, { headers: { accept }, body: initializeRequest() })).status).toBe(200);
  });

  it("that were never used make room for new ones, the oldest first", async () => {
    const { url } = await served({ limits: { sessions: 2 } });
    const body = { jsonrpc: "2.0", id: 1, method: "tools/list" };
    const used = await openSession(`${url}/mcp`);
    await call(`${url}/mcp`, { headers: used, body });
    const unused = await openSession(`${url}/mcp`);
    const fresh = await openSession(`${url}/mcp`);
    const statuses: number[] = [];
    for (const headers of [used, unused, fresh])
      statuses.push((await call(`${url}/mcp`, { headers, body })).status);
    expect(statuses).toEqual([200, 404, 200]);
  });

  it("that core ends are gone", async () => {
    const { url, gateway, front } = await served();
    const headers = await openSession(`${url}/mcp`);
    await gateway.session.close();
    expect(front.counters().sessions).toBe(0);
    expect((await call(`${url}/mcp`, { headers, body: toolCall(1, "echo") })).status).toBe(404);
  });

  it("do not see each other's answers, whatever ids they use", async () => {
    const { url, gateway } = await served();
    const replies: Promise<unknown>[] = [];
    for (let count = 0; count < 20; count++) {
      const headers = await openSession(`${url}/mcp`);
      const arrived = gateway.next("tools/call");
      replies.push(
        call(`${url}/mcp`, { headers, body: toolCall(1, "slow") }).then(({ json }) => json.result.n),
      );
      await arrived;
    }
    const order = gateway.sessions
      .map((session, n) => ({ session, n }))
      .toSorted((a, b) => ((a.n * 7) % 20) - ((b.n * 7) % 20));
    for (const { session, n } of order) void session.send(resultFrame(1, JSON.stringify({ n })));
    expect(await Promise.all(replies)).toEqual(gateway.sessions.map((_, n) => n));
  });
});

import { describe, expect, it } from "vitest";
import { HttpSession } from "../src/http-session.ts";
import { LegacySession } from "../src/legacy-session.ts";
import { accept, call, open, openSession, served, toolCall } from "./support/http.ts";
import { frontParts } from "./support/parts.ts";

const owner = { server: undefined, principal: "anybody" };

describe.each([
  ["an id of a session", HttpSession],
  ["an id of a session of 2024-11-05", LegacySession],
])("%s", (_what, Session) => {
  const count = 10_000;

  it("is 256 random bits, never the same twice", async () => {
    const { context, sessions } = frontParts();
    const ids = Array.from({ length: count }, () => new Session(context, owner).sessionId);
    await sessions.close();
    expect(new Set(ids).size).toBe(count);
    const bytes = ids.map((id) => Buffer.from(id, "base64url"));
    expect(bytes.every(({ length }) => length === 32)).toBe(true);
    const times = Array<number>(256).fill(0);
    for (const byte of Buffer.concat(bytes)) times[byte] = (times[byte] ?? 0) + 1;
    const expected = (count * 32) / 256;
    const chiSquare = times.reduce((sum, found) => sum + (found - expected) ** 2 / expected, 0);
    // With 255 degrees of freedom, chance alone is beyond 400 once in a hundred million times.
    expect(chiSquare).toBeLessThan(400);
  });
});

describe("a request without a good session id", () => {
  it.each<[string, (id: string) => string | undefined, number]>([
    ["no id", () => undefined, 400],
    ["an empty one", () => "", 404],
    ["one that is none", () => "*", 404],
    ["the beginning of one", (id) => id.slice(0, -1), 404],
    ["one with something behind it", (id) => `${id}A`, 404],
    ["two", (id) => `${id}, ${id}`, 404],
  ])("never falls to the only session that there is: %s", async (_what, given, status) => {
    const { url, gateway } = await served();
    const { "mcp-session-id": id } = await openSession(`${url}/mcp`);
    const changed = given(id);
    const headers = changed === undefined ? {} : { "mcp-session-id": changed };
    const before = gateway.frames.length;
    for (const method of ["POST", "GET", "DELETE"]) {
      const body = method === "POST" ? toolCall(1, "echo") : undefined;
      const reply = await call(`${url}/mcp`, { method, headers: { accept, ...headers }, body });
      expect([method, reply.status]).toEqual([method, status]);
    }
    expect(gateway.frames).toHaveLength(before);
    await open(`${url}/mcp`, { headers: { accept, "mcp-session-id": id } });
  });

  it("does not find a session at another endpoint than its own", async () => {
    const { url } = await served();
    const headers = await openSession(`${url}/servers/pg/mcp`);
    for (const method of ["POST", "GET", "DELETE"]) {
      const body = method === "POST" ? toolCall(1, "echo") : undefined;
      expect((await call(`${url}/mcp`, { method, headers, body })).status).toBe(404);
    }
    expect((await call(`${url}/servers/pg/mcp`, { headers, body: toolCall(1, "echo") })).status).toBe(200);
  });
});

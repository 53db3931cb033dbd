import { describe, expect, it } from "vitest";
import { call, raw, served } from "./support/http.ts";
import { registeredPaths, reload } from "./support/parts.ts";

const KEY = "a-key-of-some-length";
const PUBLIC = ["/health", "/healthz", "/readyz"];

describe("without the key", () => {
  it("every registered route but the public ones answers 401, for every method", async () => {
    const { url, gateway } = await served({ apiKey: KEY, reload });
    const paths = await registeredPaths();
    expect(paths).toHaveLength(19);
    for (const path of paths) {
      for (const method of ["GET", "HEAD", "POST", "DELETE", "PUT", "OPTIONS"]) {
        const open = PUBLIC.includes(path) && (method === "GET" || method === "HEAD");
        const { status } = await call(url + path, { method });
        expect([method, path, status]).toEqual([method, path, open ? 200 : 401]);
      }
    }
    expect([gateway.sessions.length, gateway.starts]).toEqual([0, 0]);
  });

  it.each([
    "//mcp",
    "/mcp/",
    "/MCP",
    "/%6dcp",
    "/mcp;x",
    "/nothing",
    "//health",
    "/health/",
    "/Health",
    "/%68ealth",
    "/health/../servers",
    "/health/..%2fservers",
    "/health%3f/../servers",
    "/health#/../servers",
    "/health\\..\\servers",
    "/./health",
    "/servers/../health",
    "/",
  ])("%s answers 401", async (target) => {
    const { port } = await served({ apiKey: KEY });
    const { status, text } = await raw(port, `GET ${target} HTTP/1.1\r\nHost: localhost\r\n\r\n`);
    expect(status).toBe(401);
    expect(text).toContain("www-authenticate: Bearer");
    expect(text).toContain('{"error":"Unauthorized","message":"API key required"}');
  });

  it("the public routes answer, with a query too", async () => {
    const { url } = await served({ apiKey: KEY });
    expect((await call(`${url}/health?from=/mcp`)).json).toEqual({ status: "ok" });
  });
});

describe("the key", () => {
  const missing = [401, "API key required"];
  const wrong = [403, "Invalid API key"];
  it.each<[Record<string, string>, (number | string)[]]>([
    [{}, missing],
    [{ authorization: `Basic ${KEY}` }, missing],
    [{ authorization: KEY }, missing],
    [{ authorization: "Bearer" }, missing],
    [{ "x-api-key": "" }, missing],
    [{ authorization: "Bearer wrong" }, wrong],
    [{ authorization: `Bearer ${KEY}x` }, wrong],
    [{ authorization: `Bearer ${KEY} x` }, wrong],
    [{ "x-api-key": KEY.slice(1) }, wrong],
    [{ "x-api-key": KEY.toUpperCase() }, wrong],
    [{ authorization: "Bearer wrong", "x-api-key": KEY }, wrong],
  ])("is refused in %j", async (headers, [status, message]) => {
    const { url } = await served({ apiKey: KEY });
    const reply = await call(`${url}/servers`, { headers });
    expect([reply.status, reply.json.message]).toEqual([status, message]);
  });

  it.each<Record<string, string>>([
    { authorization: `Bearer ${KEY}` },
    { authorization: `bearer  ${KEY}` },
    { "x-api-key": KEY },
    { authorization: "Basic other", "x-api-key": KEY },
    { authorization: `Bearer ${KEY}`, "x-api-key": "wrong" },
  ])("opens in %j", async (headers) => {
    const { url } = await served({ apiKey: KEY });
    expect((await call(`${url}/servers`, { headers })).status).toBe(200);
  });

  it("is never read from the URL", async () => {
    const { url } = await served({ apiKey: KEY });
    for (const name of ["key", "api_key", "token", "access_token"]) {
      expect((await call(`${url}/servers?${name}=${KEY}`)).status).toBe(401);
    }
  });

  it("is not asked for when none is set", async () => {
    const { url } = await served();
    expect((await call(`${url}/servers`, { headers: { authorization: "Bearer any" } })).status).toBe(200);
  });
});

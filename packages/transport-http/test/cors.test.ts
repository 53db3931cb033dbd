import { describe, expect, it } from "vitest";
import { call, openSession, served } from "./support/http.ts";

const ORIGIN = "https://app.example.org";

describe("sharing across origins", () => {
  it("is off by default", async () => {
    const { url } = await served();
    const headers = { origin: "http://localhost:3000", "access-control-request-method": "POST" };
    const preflight = await call(`${url}/mcp`, { method: "OPTIONS", headers });
    expect(preflight.status).toBe(405);
    const sharing = Object.keys(preflight.headers).filter((name) => /^access-control|^vary$/.test(name));
    expect(sharing).toEqual([]);
  });

  it("answers a preflight of a listed origin without a key", async () => {
    const { url } = await served({ corsOrigins: [ORIGIN], apiKey: "k" });
    const headers = { origin: ORIGIN, "access-control-request-method": "POST" };
    const preflight = await call(`${url}/mcp`, { method: "OPTIONS", headers });
    expect(preflight.status).toBe(204);
    expect(preflight.headers).toMatchObject({
      "access-control-allow-origin": ORIGIN,
      vary: "Origin",
      "access-control-allow-methods": "GET, POST, DELETE",
      "access-control-allow-headers":
        "Content-Type, Authorization, X-API-Key, X-Server-ID, Mcp-Session-Id, MCP-Protocol-Version, Last-Event-ID, Mcp-Method, Mcp-Name",
      "access-control-max-age": "3600",
      "cache-control": "no-store",
      "x-content-type-options": "nosniff",
    });
    expect(preflight.headers["access-control-allow-credentials"]).toBeUndefined();
    expect((await call(`${url}/mcp`, { method: "OPTIONS", headers: { origin: ORIGIN } })).status).toBe(401);
  });

  it("lets a page send the headers that mirror a tool's arguments, whatever they are called", async () => {
    const { url } = await served({ corsOrigins: [ORIGIN] });
    const requested = "content-type,mcp-param-region, Mcp-Param-User,x-other,mcp-param-";
    const headers = {
      origin: ORIGIN,
      "access-control-request-method": "POST",
      "access-control-request-headers": requested,
    };
    const preflight = await call(`${url}/mcp`, { method: "OPTIONS", headers });
    expect(preflight.headers["access-control-allow-headers"]).toMatch(
      / Mcp-Method, Mcp-Name, mcp-param-region, Mcp-Param-User$/,
    );
  });

  it("refuses a preflight of any other origin", async () => {
    const { url } = await served({ corsOrigins: [ORIGIN] });
    for (const origin of ["https://evil.com", `${ORIGIN}.evil.com`, `${ORIGIN}:8443`, "null"]) {
      const headers = { origin, "access-control-request-method": "POST" };
      const preflight = await call(`${url}/mcp`, { method: "OPTIONS", headers });
      expect(preflight.status).toBe(403);
      expect(preflight.headers["access-control-allow-origin"]).toBeUndefined();
    }
  });

  it("marks answers of all kinds for the listed origin", async () => {
    const { url } = await served({ corsOrigins: [ORIGIN] });
    const session = await openSession(`${url}/mcp`, undefined, { origin: ORIGIN });
    const body = { jsonrpc: "2.0", id: 1, method: "ping" };
    const replies = [
      await call(`${url}/mcp`, { headers: session, body }),
      await call(`${url}/servers`, { headers: { origin: ORIGIN } }),
      await call(`${url}/nothing`, { headers: { origin: ORIGIN } }),
    ];
    for (const { headers } of replies) {
      expect(headers["access-control-allow-origin"]).toBe(ORIGIN);
      expect(headers.vary).toBe("Origin");
      expect(headers["access-control-expose-headers"]).toBe(
        "Mcp-Session-Id, WWW-Authenticate, MCP-Protocol-Version",
      );
    }
  });

  it("says that answers depend on the origin even to those without one", async () => {
    const { url } = await served({ corsOrigins: [ORIGIN] });
    const { headers } = await call(`${url}/servers`);
    expect([headers.vary, headers["access-control-allow-origin"]]).toEqual(["Origin", undefined]);
  });

  it("is open to all but opaque origins with *", async () => {
    const { url } = await served({ corsOrigins: ["*"] });
    const { headers } = await call(`${url}/servers`, { headers: { origin: "https://any.example" } });
    expect([headers["access-control-allow-origin"], headers.vary]).toEqual(["*", undefined]);
    expect((await call(`${url}/servers`, { headers: { origin: "null" } })).status).toBe(403);
  });
});

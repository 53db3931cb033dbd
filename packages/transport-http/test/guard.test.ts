import { connect } from "node:net";
import { describe, expect, it } from "vitest";
import { hostnameOf } from "../src/host.ts";
import { call, raw, served } from "./support/http.ts";

const BODY = '{"jsonrpc":"2.0","id":1,"method":"tools/list"}';

function post(lines: string[], path = "/mcp"): string {
  const head = [
    `POST ${path} HTTP/1.1`,
    ...lines,
    "Content-Type: application/json",
    `Content-Length: ${BODY.length}`,
  ];
  return `${head.join("\r\n")}\r\n\r\n${BODY}`;
}

describe("the Host header", () => {
  it.each([
    ["evil.com", 403],
    ["localhost.evil.com", 403],
    ["127.0.0.1.nip.io", 403],
    ["localhost.", 403],
    ["0.0.0.0", 403],
    ["127.0.0.2", 403],
    ["[::ffff:127.0.0.1]", 403],
    ["[::2]", 403],
    ["xn--lcalhost-54a", 403],
    ["localhost@evil.com", 400],
    ["evil.com@localhost", 400],
    ["localhost/public", 400],
    ["localhost?x=", 400],
    ["a/public?x=", 400],
    ["localhost#", 400],
    ["localhost:80:80", 400],
    ["localhost:", 400],
    ["localhost:abc", 400],
    ["localhost, evil.com", 400],
    ["local host", 400],
    ["::1", 400],
    ["[localhost]", 400],
    ["[::1", 400],
    ["%6cocalhost", 400],
    ["", 400],
  ])("is refused when it is %j", async (host, status) => {
    const { port, gateway } = await served();
    expect((await raw(port, post([`Host: ${host}`]))).status).toBe(status);
    expect(gateway.frames).toEqual([]);
    expect((await raw(port, `GET /health HTTP/1.1\r\nHost: ${host}\r\n\r\n`)).status).toBe(status);
  });

  it.each(["localhost", "LOCALHOST:1", "127.0.0.1", "127.0.0.1:4444", "[::1]", "[::1]:4444"])(
    "passes when it is %j",
    async (host) => {
      const { port } = await served();
      expect((await raw(port, `GET /health HTTP/1.1\r\nHost: ${host}\r\n\r\n`)).status).toBe(200);
    },
  );

  it("must not come twice, nor be missing", async () => {
    const { port, front } = await served();
    expect((await raw(port, post(["Host: localhost", "Host: localhost"]))).status).toBe(400);
    expect((await raw(port, post(["Host: localhost", "hOST: evil.com"]))).status).toBe(400);
    expect(front.counters().refused).toBe(2);
    expect((await raw(port, "GET /health HTTP/1.0\r\n\r\n")).status).toBe(400);
    expect((await raw(port, "GET /health HTTP/1.1\r\n\r\n")).status).toBe(400);
  });

  it("can not hide a second one behind a hundred others", async () => {
    const { port } = await served();
    for (const length of [98, 100, 200]) {
      const many = Array.from({ length }, (_, index) => `X-${index}: 1`);
      expect((await raw(port, post(["Host: localhost", ...many, "Host: evil.com"]))).status).toBe(431);
    }
  });

  it("may be one of the allowed hosts", async () => {
    const { port } = await served({ allowedHosts: ["Gateway.Example.org:443"] });
    expect((await raw(port, "GET /health HTTP/1.1\r\nHost: gateway.example.org\r\n\r\n")).status).toBe(200);
    expect((await raw(port, "GET /health HTTP/1.1\r\nHost: example.org\r\n\r\n")).status).toBe(403);
  });

  it("may be any on a wildcard address with a key, unless hosts are listed", async () => {
    const listen = [{ host: "0.0.0.0", port: 0 }];
    const open = await served({ listen, apiKey: "k" });
    expect((await raw(open.port, "GET /health HTTP/1.1\r\nHost: gateway.example.org\r\n\r\n")).status).toBe(
      200,
    );
    expect((await raw(open.port, "GET /health HTTP/1.1\r\nHost: a/b\r\n\r\n")).status).toBe(400);
    const local = await served({ apiKey: "k" });
    expect((await raw(local.port, "GET /health HTTP/1.1\r\nHost: gateway.example.org\r\n\r\n")).status).toBe(
      403,
    );
    const listed = await served({ listen, apiKey: "k", allowedHosts: ["one.example.org"] });
    expect((await raw(listed.port, "GET /health HTTP/1.1\r\nHost: gateway.example.org\r\n\r\n")).status).toBe(
      403,
    );
  });

  it("is read without its port and in lower case", () => {
    expect(hostnameOf("A.b-C:1")).toBe("a.b-c");
    expect(hostnameOf("[FE80::1]:65535")).toBe("[fe80::1]");
    expect(hostnameOf("a:123456")).toBeUndefined();
  });
});

describe("the Origin header", () => {
  it.each([
    "http://evil.com",
    "null",
    "",
    "http://localhost.evil.com",
    "http://127.0.0.1.nip.io",
    "http://localhost@evil.com",
    "http://localhost/",
    "file://localhost",
    "chrome-extension://localhost",
    "localhost",
  ])("is refused when it is %j, on every route and before the key", async (origin) => {
    const { url, gateway } = await served({ apiKey: "k" });
    for (const path of ["/mcp", "/servers", "/health", "/nothing"]) {
      const reply = await call(url + path, { headers: { origin } });
      expect([reply.status, reply.json.error]).toEqual([403, "Forbidden"]);
      expect(reply.json.message).toContain("origin");
      expect(reply.headers["access-control-allow-origin"]).toBeUndefined();
    }
    expect(gateway.frames).toEqual([]);
  });

  it.each(["http://localhost:3000", "https://127.0.0.1", "http://[::1]:8080"])(
    "passes when it is %j on a loopback address",
    async (origin) => {
      const { url } = await served();
      expect((await call(`${url}/health`, { headers: { origin } })).status).toBe(200);
    },
  );

  it("of this machine is refused when the front is reachable from others", async () => {
    const { url } = await served({ listen: [{ host: "0.0.0.0", port: 0 }], apiKey: "k" });
    expect((await call(`${url}/health`, { headers: { origin: "http://localhost:3000" } })).status).toBe(403);
  });

  it("is checked each time it comes", async () => {
    const { port } = await served();
    const lines = ["Host: localhost", "Origin: http://localhost", "Origin: http://evil.com"];
    expect((await raw(port, post(lines))).status).toBe(403);
  });
});

describe("what a browser says of whom it fetches for", () => {
  const fetched = (site: string, mode: string, destination: string) => ({
    "sec-fetch-site": site,
    "sec-fetch-mode": mode,
    "sec-fetch-dest": destination,
  });

  it.each([
    ["an image", "no-cors", "image"],
    ["a script", "no-cors", "script"],
    ["a frame", "navigate", "iframe"],
    ["a style", "no-cors", "style"],
    ["no word of it", "", ""],
  ])("refuses %s for a page of another site, on every route", async (_what, mode, destination) => {
    const { url, gateway } = await served();
    for (const path of ["/mcp", "/sse", "/servers", "/servers/pg/sse", "/health", "/nothing"]) {
      const reply = await call(url + path, { headers: fetched("cross-site", mode, destination) });
      expect([path, reply.status, reply.json.message]).toEqual([
        path,
        403,
        "Requests of other sites are not served here",
      ]);
    }
    expect(gateway.sessions).toEqual([]);
  });

  it.each([
    ["a person who follows a link", fetched("cross-site", "navigate", "document")],
    ["a person who types the address", fetched("none", "navigate", "document")],
    ["a page of this machine", fetched("same-site", "no-cors", "image")],
  ])("lets %s in", async (_what, headers) => {
    const { url } = await served();
    expect((await call(`${url}/health`, { headers })).status).toBe(200);
  });

  it("counts for nothing beside an Origin, which says more", async () => {
    const { url } = await served({ corsOrigins: ["https://app.example.org"] });
    const headers = { ...fetched("cross-site", "cors", "empty"), origin: "https://app.example.org" };
    expect((await call(`${url}/health`, { headers })).status).toBe(200);
  });
});

describe("the request target", () => {
  it("must be a path", async () => {
    const { port } = await served();
    for (const target of ["http://localhost/health", "*", "localhost/health"]) {
      const { status } = await raw(port, `GET ${target} HTTP/1.1\r\nHost: localhost\r\n\r\n`);
      expect([target, status]).toEqual([target, 400]);
    }
  });
});

it("answers the next request on the connection of a refused one", async () => {
  const { port } = await served({ apiKey: "k" });
  const socket = connect(port, "127.0.0.1");
  socket.write(
    `${post(["Host: localhost"])}GET /health HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n`,
  );
  let text = "";
  for await (const chunk of socket) text += chunk;
  expect(text).toMatch(/^HTTP\/1.1 401 [\s\S]*HTTP\/1.1 200 /);
});

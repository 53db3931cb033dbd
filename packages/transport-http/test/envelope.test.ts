import { once } from "node:events";
import { connect } from "node:net";
import { OmgError, resultFrame } from "@omg/core";
import { describe, expect, it } from "vitest";
import { accept, call, openSession, served } from "./support/http.ts";

describe.each([
  ["/mcp", (body: object) => ({ body: { server_id: "pg", ...body }, headers: {} })],
  ["/rpc", (body: object) => ({ body, headers: { "x-server-id": "pg" } })],
] as const)("a call of the original form at %s", (path, form) => {
  const plain = { jsonrpc: "2.0", id: 7, method: "tools/call", params: { name: "echo" } };

  it("is answered under the caller's id", async () => {
    const { url, gateway } = await served({ apiKey: "k" });
    for (const id of [7, "seven", 0, ""]) {
      const { body, headers } = form({ ...plain, id });
      const reply = await call(url + path, { body, headers: { ...headers, "x-api-key": "k" } });
      expect([reply.status, reply.json.id, reply.headers["content-type"]]).toEqual([
        200,
        id,
        "application/json",
      ]);
    }
    expect(gateway.requests[0]).toMatchObject({ server: "pg" });
    expect(gateway.requests[0]?.frame.bytes.toString()).toBe(
      '{"jsonrpc":"2.0","id":7,"method":"tools/call","params":{"name":"echo"}}',
    );
    expect(gateway.sessions).toEqual([]);
  });

  it("needs neither version nor id", async () => {
    const { url, gateway } = await served();
    for (const id of [undefined, null]) {
      const reply = await call(url + path, form({ id, method: "tools/list" }));
      expect(reply.json).toMatchObject({ jsonrpc: "2.0", id: null, result: { tools: [{ name: "echo" }] } });
    }
    const [first, second] = gateway.requests;
    expect(first?.frame.head.id).not.toBe(second?.frame.head.id);
  });

  it("keeps the bytes of its parameters and members nobody knows", async () => {
    const { url, gateway } = await served();
    const params = '{ "big":12345678901234567890, "e":"\\u00e9",\n"dup":1,"dup":2 }';
    const { body, headers } = form({});
    const extra = JSON.stringify(body).slice(1, -1);
    const text = `{"x-trace":[1.0],"params":${params},"method":"m"${extra && `,${extra}`}}`;
    await call(url + path, { body: text, headers: { ...headers, "content-type": "application/json" } });
    const sent = gateway.requests[0]?.frame.bytes.toString();
    expect(sent).toContain(`"params":${params}`);
    expect(sent).toContain('"x-trace":[1.0]');
    expect(sent).not.toContain("server_id");
  });

  it("passes a server's error on with 200", async () => {
    const { url } = await served();
    const reply = await call(url + path, form({ id: 1, method: "nope" }));
    expect([reply.status, reply.json.id, reply.json.error.code]).toEqual([200, 1, -32601]);
  });

  it("that is a notification is accepted without an answer", async () => {
    const { url, gateway } = await served();
    const reply = await call(url + path, form({ method: "notifications/cancelled", params: {} }));
    expect([reply.status, reply.text, gateway.requests.length]).toEqual([202, "", 0]);
  });

  it.each([
    [{ method: undefined }, '"method" must be a string'],
    [{ method: 1 }, '"method" must be a string'],
    [{ jsonrpc: "1.0" }, '"jsonrpc" must be "2.0"'],
    [{ params: [1] }, '"params" must be an object'],
    [{ params: "x" }, '"params" must be an object'],
    [{ id: {} }, '"id" must be'],
  ])("with %j is refused", async (change, message) => {
    const { url, gateway } = await served();
    const reply = await call(url + path, form({ ...plain, ...change }));
    expect(reply.status).toBe(400);
    expect(reply.json).toEqual({
      error: "Bad Request",
      message: expect.stringContaining(message),
      reason: "invalid_request",
    });
    expect(gateway.requests).toEqual([]);
  });

  it("without parameters to speak of is fine", async () => {
    const { url } = await served();
    expect((await call(url + path, form({ ...plain, params: null }))).status).toBe(200);
  });

  it.each([
    ["server_unknown", 404, "Not Found"],
    ["upstream_start_failed", 502, "Bad Gateway"],
    ["upstream_closed", 502, "Bad Gateway"],
    ["server_disabled", 502, "Bad Gateway"],
    ["upstream_timeout", 504, "Gateway Timeout"],
    ["overloaded", 503, "Service Unavailable"],
    ["draining", 503, "Service Unavailable"],
    ["internal", 500, "Internal Server Error"],
  ] as const)("that fails with %s is answered with %d", async (reason, status, error) => {
    const { url, gateway } = await served();
    gateway.failure = new OmgError(reason, { message: "It failed", retryAfterMs: 1_500 });
    const reply = await call(url + path, form(plain));
    expect([reply.status, reply.json, reply.headers["retry-after"]]).toEqual([
      status,
      { error, message: "It failed", reason },
      "2",
    ]);
  });

  it("is cancelled by a caller that leaves: nobody could fetch its answer", async () => {
    const { url, gateway } = await served();
    const asked = Promise.withResolvers<AbortSignal>();
    gateway.request = (_server, _frame, options) => {
      const { signal } = options ?? {};
      if (signal) asked.resolve(signal);
      return new Promise(() => {});
    };
    const leaving = new AbortController();
    const { body, headers } = form(plain);
    const posted = fetch(url + path, {
      method: "POST",
      headers: { "content-type": "application/json", ...headers },
      body: JSON.stringify(body),
      signal: leaving.signal,
    });
    const signal = await asked.promise;
    expect(signal.aborted).toBe(false);
    leaving.abort();
    await expect(posted).rejects.toThrow();
    if (!signal.aborted) await once(signal, "abort");
  });

  it("whose answer is not read is given up, and its memory with it", async () => {
    const { url, gateway } = await served({ limits: { stallMs: 200 } });
    gateway.request = async (_server, frame) =>
      resultFrame(frame.head.id ?? 0, JSON.stringify("x".repeat(12e6)));
    const { body, headers } = form(plain);
    const text = JSON.stringify(body);
    const socket = connect(Number(new URL(url).port), "127.0.0.1");
    const fields = Object.entries({ host: "localhost", "content-type": "application/json", ...headers });
    const head = fields.map(([name, value]) => `${name}: ${value}\r\n`).join("");
    socket.write(`POST ${path} HTTP/1.1\r\n${head}content-length: ${text.length}\r\n\r\n${text}`);
    socket.once("data", () => socket.pause());
    await once(socket, "data");
    // Reading goes on only after the other side has cut the connection off, or never would.
    await new Promise((resolve) => setTimeout(resolve, 600));
    let received = 0;
    socket.on("data", (chunk: Buffer) => {
      received += chunk.length;
    });
    socket.on("error", () => {});
    socket.resume();
    await once(socket, "close");
    expect(received).toBeLessThan(12e6);
  });

  it("whose answer is too large is the server's fault, not the request's", async () => {
    const { url, gateway } = await served();
    gateway.failure = new OmgError("message_too_large", { message: "Too large", server: "pg" });
    expect((await call(url + path, form(plain))).status).toBe(502);
  });

  it("that fails for what it says is answered with a JSON-RPC error", async () => {
    const { url, gateway } = await served();
    gateway.failure = new OmgError("unknown_tool", { message: "No such tool" });
    const reply = await call(url + path, form(plain));
    expect([reply.status, reply.json.id, reply.json.error.data.reason]).toEqual([200, 7, "unknown_tool"]);
  });

  it("is taken from curl -d, but not from a browser's form", async () => {
    const { url, gateway } = await served();
    const { body, headers } = form(plain);
    const sent = { ...headers, "content-type": "application/x-www-form-urlencoded" };
    expect((await call(url + path, { body, headers: sent })).status).toBe(200);
    for (const browser of [{ origin: "http://localhost" }, { "sec-fetch-site": "same-site" }]) {
      expect((await call(url + path, { body, headers: { ...sent, ...browser } })).status).toBe(415);
    }
    expect(
      (await call(url + path, { body, headers: { ...headers, "content-type": "text/plain" } })).status,
    ).toBe(415);
    expect(gateway.requests).toHaveLength(1);
  });
});

describe("at /mcp", () => {
  it.each([[1], [null], [""], [["pg"]]])("a server_id of %j is refused", async (server) => {
    const { url } = await served();
    const reply = await call(`${url}/mcp`, { body: { server_id: server, method: "ping" } });
    expect(reply.json).toEqual({
      error: "Bad Request",
      message: '"server_id" must be a string',
      reason: "invalid_request",
    });
  });

  it("an unknown server is 404 in the original's words", async () => {
    const { url } = await served();
    const reply = await call(`${url}/mcp`, { body: { server_id: "nope", method: "ping" } });
    expect([reply.status, reply.json]).toEqual([
      404,
      { error: "Not Found", message: "Server 'nope' not found", reason: "server_unknown" },
    ]);
  });

  it("a server_id is nothing special within a session or deeper down", async () => {
    const { url, gateway } = await served();
    const headers = await openSession(`${url}/mcp`);
    const body = { jsonrpc: "2.0", id: 1, method: "ping", server_id: "pg" };
    expect((await call(`${url}/mcp`, { headers, body })).json).toEqual({ jsonrpc: "2.0", id: 1, result: {} });
    const deeper = { jsonrpc: "2.0", id: 1, method: "ping", params: { server_id: "pg" } };
    expect((await call(`${url}/mcp`, { headers: { accept }, body: deeper })).status).toBe(400);
    const form = { "content-type": "application/x-www-form-urlencoded" };
    expect((await call(`${url}/mcp`, { headers: form, body: deeper })).status).toBe(415);
    expect(gateway.requests).toEqual([]);
  });

  it("a server_id is nothing special on the endpoint of one server", async () => {
    const { url, gateway } = await served();
    const reply = await call(`${url}/servers/pg/mcp`, { body: { server_id: "pg", method: "ping" } });
    expect([reply.status, gateway.requests.length]).toEqual([400, 0]);
  });
});

describe("at /rpc", () => {
  it("the header that names the server is required", async () => {
    const { url } = await served();
    const reply = await call(`${url}/rpc`, { body: { method: "ping" } });
    expect([reply.status, reply.json]).toEqual([
      400,
      { error: "Bad Request", message: "X-Server-ID header required", reason: "invalid_request" },
    ]);
  });

  it.each(["[]", "{", "7", '{"method":"a","method":"b"}'])("a body of %s is refused", async (body) => {
    const { url } = await served();
    const reply = await call(`${url}/rpc`, { body, headers: { "x-server-id": "pg" } });
    expect([reply.status, reply.json.error]).toEqual([400, "Bad Request"]);
  });

  it("other methods are not allowed", async () => {
    const { url } = await served();
    const reply = await call(`${url}/rpc`);
    expect([reply.status, reply.headers.allow]).toEqual([405, "POST"]);
  });
});

describe("the header X-Server-ID", () => {
  it("may hold an id in UTF-8, as curl sends it", async () => {
    const { url, gateway } = await served();
    gateway.statuses.set("日本", {
      ...gateway.server("pg"),
      config: { id: "日本", runtime: { type: "x" } },
    } as never);
    const id = Buffer.from("日本", "utf8").toString("latin1");
    const headers = { "content-type": "application/json", "x-server-id": id };
    const reply = await fetch(`${url}/rpc`, { method: "POST", headers, body: '{"id":1,"method":"ping"}' });
    expect(reply.status).toBe(200);
    expect(gateway.requests[0]?.server).toBe("日本");
  });
});

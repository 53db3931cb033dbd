import { once } from "node:events";
import { gzipSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import { accept, call, connectRaw, initializeRequest, openSession, raw, served } from "./support/http.ts";

const MEBIBYTE = 1024 * 1024;

describe.each(["/mcp", "/servers/pg/mcp", "/rpc"])("a body for %s", (path) => {
  const target = { accept, "x-server-id": "pg" };

  it("with a content-length over the limit is refused before it is sent", async () => {
    const { port, gateway } = await served();
    const head = [
      `POST ${path} HTTP/1.1`,
      "Host: localhost",
      "X-Server-ID: pg",
      "Content-Type: application/json",
      `Content-Length: ${5 * MEBIBYTE}`,
    ];
    const { status, text } = await raw(port, `${head.join("\r\n")}\r\n\r\n`);
    expect(status).toBe(413);
    expect(text.toLowerCase()).toContain("connection: close");
    expect(gateway.frames.length + gateway.requests.length).toBe(0);
  });

  it("without a length is refused once it is over the limit", async () => {
    const { port, gateway } = await served();
    const socket = connectRaw(port);
    socket.on("error", () => {});
    let text = "";
    socket.on("data", (chunk) => {
      text += chunk;
    });
    const head = ["Host: localhost", "X-Server-ID: pg", "Content-Type: application/json"].join("\r\n");
    socket.write(`POST ${path} HTTP/1.1\r\n${head}\r\nTransfer-Encoding: chunked\r\n\r\n`);
    const chunk = `100000\r\n${" ".repeat(MEBIBYTE)}\r\n`;
    for (let sent = 0; sent < 5; sent++) socket.write(chunk);
    socket.write("0\r\n\r\n");
    await once(socket, "close");
    expect(text).toMatch(/^HTTP\/1.1 413 /);
    expect(gateway.frames.length + gateway.requests.length).toBe(0);
  });

  it("must not be compressed", async () => {
    const { url, port } = await served();
    const body = gzipSync(JSON.stringify(initializeRequest())).toString("latin1");
    const headers = { ...target, "content-encoding": "gzip" };
    expect((await call(url + path, { headers, body })).status).toBe(415);
    const identity = { ...target, "content-encoding": "identity" };
    expect(
      (await call(`http://127.0.0.1:${port}${path}`, { headers: identity, body: initializeRequest() }))
        .status,
    ).toBe(200);
  });

  it.each([
    "text/plain",
    "text/plain; charset=application/json",
    "application/jsonp",
    "multipart/form-data",
    "",
  ])("must not be %j", async (type) => {
    const { url, gateway } = await served();
    const headers = { ...target, "content-type": type };
    expect((await call(url + path, { headers, body: initializeRequest() })).status).toBe(415);
    expect(gateway.frames.length + gateway.requests.length).toBe(0);
  });

  it("may declare a charset", async () => {
    const { url } = await served();
    const headers = { ...target, "content-type": "Application/JSON; charset=utf-8" };
    expect((await call(url + path, { headers, body: initializeRequest() })).status).toBe(200);
  });
});

describe("a body for an MCP endpoint", () => {
  it.each([
    ["{", "parse_error", -32700],
    ["", "parse_error", -32700],
    ["\ufeff{}", "parse_error", -32700],
    ['{"a":1', "parse_error", -32700],
    ["{}", "invalid_request", -32600],
    ['"text"', "invalid_request", -32600],
    ["[]", "invalid_request", -32600],
    ['{"jsonrpc":"1.0","id":1,"method":"ping"}', "invalid_request", -32600],
    ['{"jsonrpc":"2.0","id":{},"method":"ping"}', "invalid_request", -32600],
    ['{"jsonrpc":"2.0","id":1.5,"method":"ping"}', "invalid_request", -32600],
    ['{"jsonrpc":"2.0","id":1,"method":"ping","method":"tools/call"}', "invalid_request", -32600],
    ["[".repeat(100) + "]".repeat(100), "invalid_request", -32600],
  ])("%j is refused with the JSON-RPC error", async (body, reason, code) => {
    const { url, gateway } = await served();
    const headers = await openSession(`${url}/mcp`);
    const before = gateway.frames.length;
    for (const sent of [headers, { accept }]) {
      const reply = await call(`${url}/mcp`, { headers: sent, body });
      expect([reply.status, reply.json.error.code, reply.json.error.data.reason]).toEqual([
        400,
        code,
        reason,
      ]);
      expect(reply.headers["cache-control"]).toBe("no-store");
    }
    expect(gateway.frames).toHaveLength(before);
  });

  it("arrives byte for byte, in one piece or many", async () => {
    const { port, url, gateway } = await served();
    const headers = await openSession(`${url}/mcp`);
    const body =
      '{ "jsonrpc":"2.0",\n "id":7, "method":"ping", "x": "\\u00e9é", "big": 12345678901234567890 }';
    const bytes = Buffer.from(body);
    const head = Object.entries(headers).map(([name, value]) => `${name}: ${value}`);
    head.push("Host: localhost", "Content-Type: application/json", "Transfer-Encoding: chunked");
    const chunks = [bytes.subarray(0, 10), bytes.subarray(10, 60), bytes.subarray(60)];
    const text = chunks
      .map((chunk) => `${chunk.length.toString(16)}\r\n${chunk.toString("latin1")}\r\n`)
      .join("");
    const socket = connectRaw(port);
    const arrived = gateway.next("ping");
    socket.write(`POST /mcp HTTP/1.1\r\n${head.join("\r\n")}\r\n\r\n`);
    socket.write(`${text}0\r\n\r\n`, "latin1");
    expect((await arrived).bytes.equals(bytes)).toBe(true);
  });

  it("that breaks off reaches nobody and leaves nothing behind", async () => {
    const { port, url, gateway, front } = await served();
    const headers = await openSession(`${url}/mcp`);
    const before = gateway.frames.length;
    const socket = connectRaw(port);
    const head = Object.entries(headers).map(([name, value]) => `${name}: ${value}`);
    head.push(
      "Host: localhost",
      "Content-Type: application/json",
      "Content-Length: 100",
      "Expect: 100-continue",
    );
    socket.write(`POST /mcp HTTP/1.1\r\n${head.join("\r\n")}\r\n\r\n`);
    await once(socket, "data");
    socket.destroy();
    await once(socket, "close");
    expect((await call(`${url}/health`)).status).toBe(200);
    expect([gateway.frames.length, front.counters().waiting]).toEqual([before, 0]);
  });
});

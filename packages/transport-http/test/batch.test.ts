import { describe, expect, it } from "vitest";
import { accept, call, eventsOf, initializeRequest, openSession, served, toolCall } from "./support/http.ts";

const notification = { jsonrpc: "2.0", method: "notifications/initialized" };

describe("a batch", () => {
  it("is answered on one stream that ends with the last answer", async () => {
    const { url } = await served();
    const headers = await openSession(`${url}/mcp`, "2025-03-26");
    const body = [toolCall(1, "chatty"), notification, toolCall("1", "echo")];
    const reply = await call(`${url}/mcp`, { headers, body });
    expect(reply.headers["content-type"]).toBe("text/event-stream");
    expect(eventsOf(reply.text)).toMatchObject([
      { method: "notifications/progress" },
      { id: 1 },
      { id: "1" },
    ]);
  });

  it("of notifications is accepted without an answer", async () => {
    const { url, gateway } = await served();
    const headers = await openSession(`${url}/mcp`, "2025-03-26");
    expect((await call(`${url}/mcp`, { headers, body: [notification, notification] })).status).toBe(202);
    expect(gateway.frames.map(({ head }) => head.method).slice(1)).toHaveLength(2);
  });

  it("may hold the client's own answers, with requests or without", async () => {
    const { url, gateway } = await served();
    const headers = await openSession(`${url}/mcp`, "2025-03-26");
    const answers = [
      { jsonrpc: "2.0", id: "q", result: {} },
      { jsonrpc: "2.0", id: "r", error: { code: -1, message: "No" } },
    ];
    const alone = await call(`${url}/mcp`, { headers, body: answers });
    expect([alone.status, alone.text]).toEqual([202, ""]);
    const mixed = await call(`${url}/mcp`, { headers, body: [...answers, toolCall(1, "echo")] });
    expect(eventsOf(mixed.text)).toMatchObject([{ id: 1 }]);
    const kinds = gateway.frames.slice(1).map(({ head }) => head.kind);
    expect(kinds).toEqual(["result", "error", "result", "error", "request"]);
  });

  it.each(["2024-11-05", "2025-06-18", "2025-11-25"])(
    "of answers is refused too in revision %s",
    async (version) => {
      const { url, gateway } = await served();
      const headers = await openSession(`${url}/mcp`, version);
      const body = [{ jsonrpc: "2.0", id: "q", result: {} }];
      expect((await call(`${url}/mcp`, { headers, body })).status).toBe(400);
      expect(gateway.frames).toHaveLength(1);
    },
  );

  it.each(["2024-11-05", "2025-06-18", "2025-11-25"])("is refused in revision %s", async (version) => {
    const { url, gateway } = await served();
    const headers = await openSession(`${url}/mcp`, version);
    const reply = await call(`${url}/mcp`, { headers, body: [toolCall(1, "echo")] });
    expect([reply.status, reply.json.error.code]).toEqual([400, -32600]);
    expect(gateway.frames).toHaveLength(1);
  });

  it.each([
    ["empty", []],
    ["longer than a hundred", Array.from({ length: 101 }, (_, id) => toolCall(id, "echo"))],
    ["with an id twice", [toolCall(1, "echo"), toolCall(1, "echo")]],
    ["with initialize", [initializeRequest()]],
    ["with something else inside", [toolCall(1, "echo"), 7]],
    ["of batches", [[toolCall(1, "echo")]]],
  ])("is refused as a whole when it is %s", async (_, body) => {
    const { url, gateway } = await served();
    const headers = await openSession(`${url}/mcp`, "2025-03-26");
    const reply = await call(`${url}/mcp`, { headers, body });
    expect([reply.status, reply.json.error.code]).toEqual([400, -32600]);
    expect(gateway.frames).toHaveLength(1);
  });

  it("of a hundred is answered, in any order", async () => {
    const { url } = await served();
    const headers = await openSession(`${url}/mcp`, "2025-03-26");
    const body = Array.from({ length: 100 }, (_, id) => toolCall(id, "echo"));
    expect(eventsOf((await call(`${url}/mcp`, { headers, body })).text)).toHaveLength(100);
  });

  it("needs a client that takes streams", async () => {
    const { url } = await served();
    const headers = { ...(await openSession(`${url}/mcp`, "2025-03-26")), accept: "application/json" };
    expect((await call(`${url}/mcp`, { headers, body: [toolCall(1, "echo")] })).status).toBe(406);
  });

  it("that is broken JSON is a parse error", async () => {
    const { url } = await served();
    const headers = await openSession(`${url}/mcp`, "2025-03-26");
    const reply = await call(`${url}/mcp`, { headers, body: " \n[{]" });
    expect([reply.status, reply.json.error.code]).toEqual([400, -32700]);
  });

  it("can not open a session", async () => {
    const { url, gateway } = await served();
    const body = [initializeRequest("2025-03-26")];
    expect((await call(`${url}/mcp`, { headers: { accept }, body })).status).toBe(400);
    expect(gateway.sessions).toEqual([]);
  });
});

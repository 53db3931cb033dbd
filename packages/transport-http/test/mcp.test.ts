import { notificationFrame, OmgError, requestFrame, resultFrame } from "@omg/core";
import { describe, expect, it } from "vitest";
import {
  accept,
  call,
  cut,
  eventsOf,
  initializeRequest,
  open,
  openSession,
  readReply,
  readUntil,
  served,
  serverSide,
  toolCall,
} from "./support/http.ts";
import { progress } from "./support/stub-gateway.ts";

describe("initialize", () => {
  it("opens a session with an id that can not be guessed", async () => {
    const { url, gateway, front } = await served({ apiKey: "k" });
    const headers = { accept, "x-api-key": "k" };
    const ids = new Set<unknown>();
    for (let count = 0; count < 20; count++) {
      const reply = await call(`${url}/mcp`, { headers, body: initializeRequest() });
      expect(reply.status).toBe(200);
      expect(reply.json.result.protocolVersion).toBe("2025-06-18");
      expect(reply.headers["cache-control"]).toBe("no-store");
      expect(reply.headers["mcp-session-id"]).toMatch(/^[\w-]{43}$/);
      ids.add(reply.headers["mcp-session-id"]);
    }
    expect(ids.size).toBe(20);
    expect(front.counters().sessions).toBe(20);
    expect(gateway.session.options).toEqual({ server: undefined });
  });

  it("on the endpoint of a server connects to that server alone", async () => {
    const { url, gateway } = await served();
    const reply = await call(`${url}/servers/p%67/mcp`, { headers: { accept }, body: initializeRequest() });
    expect(reply.status).toBe(200);
    expect(gateway.session.options.server).toBe("pg");
  });

  it("for a server that is not in the catalog is 404", async () => {
    const { url, gateway } = await served();
    for (const [path, id] of [
      ["nope", "nope"],
      ["a%2Fb", "a/b"],
    ]) {
      const reply = await call(`${url}/servers/${path}/mcp`, {
        headers: { accept },
        body: initializeRequest(),
      });
      expect(reply.status).toBe(404);
      expect(reply.json).toMatchObject({ id: 0, error: { data: { reason: "server_unknown", server: id } } });
      expect(reply.json.error.message).toBe(`Server '${id}' not found`);
    }
    expect(gateway.sessions).toEqual([]);
  });

  it("that fails leaves no session", async () => {
    const { url, front } = await served();
    for (const types of [accept, "text/event-stream"]) {
      const reply = await call(`${url}/mcp`, {
        headers: { accept: types },
        body: initializeRequest("refused"),
      });
      expect(reply.text).toContain("bad_params");
      expect(reply.headers["mcp-session-id"]).toBeUndefined();
      expect(front.counters().sessions).toBe(0);
    }
  });

  it.each([
    ["draining", 503, "1"],
    ["overloaded", 503, "1"],
    ["internal", 500, undefined],
  ] as const)("that core rejects as %s is answered with %d", async (reason, status, retry) => {
    const { url, gateway, front } = await served();
    gateway.failure = new OmgError(reason, { message: "Not now" });
    const reply = await call(`${url}/mcp`, { headers: { accept }, body: initializeRequest() });
    expect([reply.status, reply.headers["retry-after"]]).toEqual([status, retry]);
    expect(reply.json).toMatchObject({ id: 0, error: { message: "Not now", data: { reason } } });
    expect(front.counters().sessions).toBe(0);
  });

  it("that core fails at tells nothing of the fault, but an event does", async () => {
    const events: unknown[] = [];
    const { url, gateway } = await served({ onEvent: (event) => events.push(event) });
    gateway.failure = new Error("at /secret/path");
    const reply = await call(`${url}/mcp`, { headers: { accept }, body: initializeRequest() });
    expect([reply.status, reply.json.error.data.reason]).toEqual([500, "internal"]);
    expect(reply.text).not.toContain("secret");
    expect(events).toEqual([{ type: "http-error", error: gateway.failure }]);
  });
});

describe("a request", () => {
  it("without a session is told what to do", async () => {
    const { url } = await served();
    for (const path of ["/mcp", "/servers/pg/mcp"]) {
      const reply = await call(url + path, { headers: { accept }, body: toolCall(1, "echo") });
      expect([reply.status, reply.json.error.data.reason]).toEqual([400, "invalid_request"]);
      expect(reply.json.error.message).toMatch(/initialize.*Mcp-Session-Id/);
    }
  });

  it("in a session that does not exist, or of another endpoint, is 404", async () => {
    const { url, gateway } = await served();
    const headers = await openSession(`${url}/mcp`);
    const before = gateway.frames.length;
    for (const method of ["POST", "GET", "DELETE"]) {
      const body = method === "POST" ? toolCall(1, "echo") : undefined;
      const foreign = await call(`${url}/servers/pg/mcp`, { method, headers, body });
      expect([method, foreign.status]).toEqual([method, 404]);
      const unknown = { ...headers, "mcp-session-id": "x".repeat(43) };
      expect((await call(`${url}/mcp`, { method, headers: unknown, body })).status).toBe(404);
      const both = { ...headers, "mcp-session-id": `${headers["mcp-session-id"]}, x` };
      expect((await call(`${url}/mcp`, { method, headers: both, body })).status).toBe(404);
    }
    expect(gateway.frames).toHaveLength(before);
  });

  it("is answered with one JSON document, under its own id", async () => {
    const { url } = await served();
    const headers = await openSession(`${url}/mcp`);
    for (const id of [1, "1", "", -5]) {
      const reply = await call(`${url}/mcp`, { headers, body: toolCall(id, "echo", { x: "é" }) });
      expect(reply.headers).toMatchObject({
        "content-type": "application/json",
        "cache-control": "no-store",
      });
      expect(Number(reply.headers["content-length"])).toBe(Buffer.byteLength(reply.text));
      expect(reply.json.id).toBe(id);
      expect(reply.headers["mcp-session-id"]).toBeUndefined();
    }
  });

  it.each([10, 16_000, 3_000_000])(
    "is answered byte for byte, in an answer of %d characters too",
    async (length) => {
      const { url, gateway } = await served();
      const headers = await openSession(`${url}/mcp`);
      const result = `{ "text":"\\u00e9 é 漢 🙂 ${"ü".repeat(length)}", "big":12345678901234567890 }`;
      for (const types of ["application/json", "text/event-stream"]) {
        const arrived = gateway.next("tools/call");
        const reply = call(`${url}/mcp`, {
          headers: { ...headers, accept: types },
          body: toolCall(1, "slow"),
        });
        await arrived;
        await gateway.session.send(resultFrame(1, result));
        const { text } = await reply;
        expect(text.endsWith(`"result":${result}}${types === "text/event-stream" ? "\n\n" : ""}`)).toBe(true);
      }
    },
  );

  it("gets a stream when something goes before its answer", async () => {
    const { url } = await served();
    const headers = await openSession(`${url}/mcp`);
    const reply = await call(`${url}/mcp`, { headers, body: toolCall(1, "chatty") });
    expect(reply.headers).toMatchObject({ "content-type": "text/event-stream" });
    expect(eventsOf(reply.text)).toMatchObject([{ method: "notifications/progress" }, { id: 1 }]);
  });

  it("is answered with JSON alone if its client takes no stream, and the rest is counted", async () => {
    const { url, front } = await served();
    const headers = { ...(await openSession(`${url}/mcp`)), accept: "application/json" };
    const reply = await call(`${url}/mcp`, { headers, body: toolCall(1, "chatty") });
    expect(reply.json.id).toBe(1);
    expect(front.counters().droppedFrames).toBe(1);
  });

  it("is answered with a stream if the server did, and its client takes one", async () => {
    const { url, gateway } = await served();
    const session = await openSession(`${url}/mcp`);
    for (const [accept, type, text] of [
      [session.accept, "text/event-stream", 'data: {"jsonrpc":"2.0","id":1,"result":{}}'],
      ["application/json", "application/json", '{"jsonrpc":"2.0","id":1,"result":{}}'],
    ] as const) {
      const arrived = gateway.next("tools/call");
      const reply = call(`${url}/mcp`, { headers: { ...session, accept }, body: toolCall(1, "slow") });
      await arrived;
      await gateway.session.transport.sendFrame?.(resultFrame(1, "{}"), { streamed: true });
      expect((await reply).headers["content-type"]).toBe(type);
      expect((await reply).text).toContain(text);
    }
  });

  it("is answered with a stream always if its client takes no JSON", async () => {
    const { url } = await served();
    const headers = { ...(await openSession(`${url}/mcp`)), accept: "text/event-stream" };
    const reply = await call(`${url}/mcp`, { headers, body: toolCall(1, "echo") });
    expect(reply.headers["content-type"]).toBe("text/event-stream");
    expect(eventsOf(reply.text)).toMatchObject([{ id: 1 }]);
  });

  it.each([
    ["*/*", 200],
    ["application/*", 200],
    ["text/*;q=0.5", 200],
    ["application/json;q=0, text/html", 406],
    ["text/html", 406],
    ["application/jsonx", 406],
  ])("that accepts %s is answered with %d", async (types, status) => {
    const { url } = await served();
    const headers = { ...(await openSession(`${url}/mcp`)), accept: types };
    expect((await call(`${url}/mcp`, { headers, body: toolCall(1, "echo") })).status).toBe(status);
  });

  it("that accepts nothing in particular is answered with JSON", async () => {
    const { url } = await served();
    const { accept: _, ...headers } = await openSession(`${url}/mcp`);
    expect((await call(`${url}/mcp`, { headers, body: toolCall(1, "echo") })).json.id).toBe(1);
  });

  it("that waits long gets a sign of life, then its answer, on a stream", async () => {
    const { url, gateway } = await served({ limits: { keepAliveMs: 5 } });
    const headers = await openSession(`${url}/mcp`);
    const arrived = gateway.next("tools/call");
    const incoming = await open(`${url}/mcp`, { headers, body: toolCall("a", "slow") });
    await arrived;
    expect(incoming.headers["content-type"]).toBe("text/event-stream");
    await readUntil(incoming, ": keepalive\n\n");
    await readUntil(incoming, ": keepalive\n\n");
    void gateway.session.send(resultFrame("a", "{}"));
    expect(await readUntil(incoming, "event: message")).toContain(
      'data: {"jsonrpc":"2.0","id":"a","result":{}}\n\n',
    );
  });

  it("that waits long gets nothing before its answer if its client takes no stream", async () => {
    const { url, gateway } = await served({ limits: { keepAliveMs: 1 } });
    const headers = { ...(await openSession(`${url}/mcp`)), accept: "application/json" };
    const slow = gateway.next("tools/call");
    const reply = call(`${url}/mcp`, { headers, body: toolCall(1, "slow") });
    await slow;
    await call(`${url}/health`);
    void gateway.session.send(resultFrame(1, "{}"));
    expect((await reply).json).toEqual({ jsonrpc: "2.0", id: 1, result: {} });
  });

  it("is told apart from another by the type of its id", async () => {
    const { url, gateway } = await served();
    const headers = await openSession(`${url}/mcp`);
    const replies: Promise<unknown>[] = [];
    for (const id of [1, "1"]) {
      const arrived = gateway.next("tools/call");
      replies.push(
        call(`${url}/mcp`, { headers, body: toolCall(id, "slow") }).then(({ json }) => json.result),
      );
      await arrived;
    }
    void gateway.session.send(resultFrame("1", '{"for":"text"}'));
    void gateway.session.send(resultFrame(1, '{"for":"number"}'));
    expect(await Promise.all(replies)).toEqual([{ for: "number" }, { for: "text" }]);
  });

  it("with the id of another in flight is refused, and the other is answered", async () => {
    const { url, gateway } = await served();
    const headers = await openSession(`${url}/mcp`);
    const arrived = gateway.next("tools/call");
    const first = call(`${url}/mcp`, { headers, body: toolCall(1, "slow") });
    await arrived;
    const second = await call(`${url}/mcp`, { headers, body: toolCall(1, "echo") });
    expect([second.status, second.json.error.data.reason, second.json.id]).toEqual([
      400,
      "invalid_request",
      null,
    ]);
    void gateway.session.send(resultFrame(1, '{"first":true}'));
    expect((await first).json.result).toEqual({ first: true });
    expect((await call(`${url}/mcp`, { headers, body: toolCall(1, "echo") })).status).toBe(200);
  });

  it("goes on when its client leaves; the answer is dropped and counted", async () => {
    const { url, gateway, front } = await served({ limits: { keepAliveMs: 5 } });
    const headers = await openSession(`${url}/mcp`);
    const response = serverSide("POST");
    const incoming = await open(`${url}/mcp`, { headers, body: toolCall(1, "slow") });
    const before = gateway.frames.length;
    await cut(incoming, await response);
    await gateway.session.send(progress(1), 1);
    expect([gateway.frames.length, front.counters().waiting]).toEqual([before, 1]);
    await gateway.session.send(resultFrame(1, "{}"));
    expect(front.counters()).toMatchObject({ waiting: 0, droppedFrames: 2, sessions: 1 });
    expect((await call(`${url}/mcp`, { headers, body: toolCall(1, "echo") })).status).toBe(200);
  });

  it("that its client cancels ends without an answer", async () => {
    const { url, gateway, front } = await served();
    const headers = await openSession(`${url}/mcp`);
    const cancel = { jsonrpc: "2.0", method: "notifications/cancelled", params: { requestId: 1 } };
    for (const [types, text] of [
      [accept, ""],
      ["application/json", '"reason":"cancelled","phase":"call","executed":"unknown"'],
    ] as const) {
      const arrived = gateway.next("tools/call");
      const reply = call(`${url}/mcp`, { headers: { ...headers, accept: types }, body: toolCall(1, "slow") });
      await arrived;
      expect((await call(`${url}/mcp`, { headers, body: cancel })).status).toBe(202);
      expect((await reply).text).toContain(text);
      await gateway.session.send(resultFrame(1, "{}"));
    }
    expect(front.counters()).toMatchObject({ waiting: 0, droppedFrames: 2 });
  });

  it("with raw line breaks in its answer is one event all the same", async () => {
    const { url, gateway } = await served();
    const headers = { ...(await openSession(`${url}/mcp`)), accept: "text/event-stream" };
    const arrived = gateway.next("tools/call");
    const reply = call(`${url}/mcp`, { headers, body: toolCall(1, "slow") });
    await arrived;
    void gateway.session.send(resultFrame(1, '{\r\n"a":\n"\\n"\r}'));
    expect(eventsOf((await reply).text)).toEqual([{ jsonrpc: "2.0", id: 1, result: { a: "\n" } }]);
  });

  it("brings the server's requests to its own stream, and the client's answers back", async () => {
    const { url, gateway } = await served();
    const headers = await openSession(`${url}/mcp`);
    const arrived = gateway.next("tools/call");
    const incomingReply = open(`${url}/mcp`, { headers, body: toolCall(1, "slow") });
    await arrived;
    await gateway.session.send(requestFrame(99, "elicitation/create", {}), 1);
    const incoming = await incomingReply;
    expect(await readUntil(incoming, "elicitation/create")).toContain('"id":99');
    const answer = await call(`${url}/mcp`, { headers, body: { jsonrpc: "2.0", id: 99, result: {} } });
    expect([answer.status, answer.text]).toEqual([202, ""]);
    expect(gateway.frames.at(-1)?.head).toEqual({ kind: "result", id: 99 });
    void gateway.session.send(resultFrame(1, "{}"));
    expect((await readReply(incoming)).text).toContain('"id":1');
  });

  it("makes core know at once when the server's request can not be delivered", async () => {
    const { url, gateway } = await served();
    const headers = { ...(await openSession(`${url}/mcp`)), accept: "application/json" };
    const arrived = gateway.next("tools/call");
    void call(`${url}/mcp`, { headers, body: toolCall(1, "slow") });
    await arrived;
    const ask = requestFrame(99, "elicitation/create", {});
    await expect(gateway.session.send(ask, 1)).rejects.toMatchObject({ reason: "method_not_found" });
    await expect(gateway.session.send(ask, "1")).rejects.toMatchObject({ reason: "method_not_found" });
    await gateway.session.send(resultFrame(1, "{}"));
  });
});

describe("a fault of core", () => {
  it("is the answer of the request that met it", async () => {
    const events: unknown[] = [];
    const { url, gateway, front } = await served({ onEvent: (event) => events.push(event) });
    const headers = await openSession(`${url}/mcp`);
    const fault = new Error("at /secret/path");
    gateway.session.transport.onframe = () => {
      throw fault;
    };
    const reply = await call(`${url}/mcp`, { headers, body: toolCall(1, "echo") });
    expect(reply.json).toMatchObject({ id: 1, error: { data: { reason: "internal" } } });
    expect(reply.text).not.toContain("secret");
    expect(events).toEqual([{ type: "http-error", error: fault }]);
    expect(front.counters().waiting).toBe(0);
  });
});

describe("a notification", () => {
  it("is accepted without an answer", async () => {
    const { url, gateway } = await served();
    const headers = await openSession(`${url}/mcp`);
    const arrived = gateway.next("notifications/initialized");
    const body = { jsonrpc: "2.0", method: "notifications/initialized" };
    const reply = await call(`${url}/mcp`, { headers, body });
    expect([reply.status, reply.text]).toEqual([202, ""]);
    expect((await arrived).head.kind).toBe("notification");
  });
});

describe("the revision header", () => {
  it.each(["2024-11-05", "2025-03-26", "2025-06-18", "2025-11-25"])("may be %s", async (version) => {
    const { url } = await served();
    const headers = { ...(await openSession(`${url}/mcp`)), "mcp-protocol-version": version };
    expect((await call(`${url}/mcp`, { headers, body: toolCall(1, "echo") })).status).toBe(200);
  });

  it.each(["1.0", "v999.0.0", ""])("must not be %j", async (version) => {
    const { url } = await served();
    const session = await openSession(`${url}/mcp`);
    for (const [headers, method] of [
      [session, "POST"],
      [{ accept }, "POST"],
      [session, "GET"],
      [session, "DELETE"],
    ] as const) {
      const sent = { ...headers, "mcp-protocol-version": version };
      const body = method === "POST" ? toolCall(1, "echo") : undefined;
      const reply = await call(`${url}/mcp`, { method, headers: sent, body });
      expect([reply.status, reply.json.error.data.reason]).toEqual([400, "invalid_request"]);
      expect(reply.json.error.message).toContain("2025-11-25, 2025-06-18, 2025-03-26, 2024-11-05");
    }
  });
});

describe("the method", () => {
  it.each(["PUT", "PATCH", "HEAD", "OPTIONS"])("%s is not allowed", async (method) => {
    const { url } = await served();
    for (const path of ["/mcp", "/servers/pg/mcp"]) {
      const reply = await call(url + path, { method });
      expect([reply.status, reply.headers.allow]).toEqual([405, "GET, POST, DELETE"]);
    }
  });

  it("DELETE ends the session for good", async () => {
    const { url, gateway, front } = await served();
    const headers = await openSession(`${url}/mcp`);
    const arrived = gateway.next("tools/call");
    const pending = call(`${url}/mcp`, { headers, body: toolCall(1, "slow") });
    await arrived;
    expect((await call(`${url}/mcp`, { method: "DELETE", headers })).status).toBe(200);
    await gateway.session.closed;
    expect((await pending).json.error.data).toMatchObject({ reason: "cancelled", executed: "unknown" });
    await gateway.session.send(resultFrame(1, "{}"));
    expect(front.counters().droppedFrames).toBe(1);
    expect((await call(`${url}/mcp`, { headers, body: toolCall(1, "echo") })).status).toBe(404);
    expect((await call(`${url}/mcp`, { method: "DELETE", headers })).status).toBe(404);
    expect((await call(`${url}/mcp`, { method: "DELETE" })).status).toBe(400);
    expect(front.counters()).toMatchObject({ sessions: 0, waiting: 0 });
  });
});

it("sends plain messages too, for a core without frames", async () => {
  const { url, gateway } = await served();
  const headers = await openSession(`${url}/mcp`);
  const arrived = gateway.next("tools/call");
  const reply = call(`${url}/mcp`, { headers, body: toolCall(1, "slow") });
  await arrived;
  await gateway.session.transport.send({ jsonrpc: "2.0", id: 1, result: { plain: true } });
  expect((await reply).json.result).toEqual({ plain: true });
  await gateway.session.send(notificationFrame("notifications/message", {}));
});

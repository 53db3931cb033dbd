import { once } from "node:events";
import { type ExchangeOptions, errorFrame, type Frame, OmgError, type Reason, resultFrame } from "@omg/core";
import { describe, expect, it } from "vitest";
import { accept, call, eventsOf, open, openSession, readReply, served, serverSide } from "./support/http.ts";
import { ask, envelope, modernCall, modernHeaders, modernRequest, version } from "./support/modern.ts";
import { progress } from "./support/stub-gateway.ts";

/** A front whose gateway answers requests of the modern era as the test says. */
async function answering(answer: (frame: Frame, options: ExchangeOptions) => Promise<Frame>, limits = {}) {
  const front = await served({ limits });
  front.gateway.answerExchange = answer;
  return { ...front, mcp: `${front.url}/mcp` };
}

const answerTo = ({ head }: Frame) => resultFrame(head.id ?? 0, '{"resultType":"complete"}');

/** An answer that comes when the test says so. */
function held() {
  const asked = Promise.withResolvers<ExchangeOptions & { frame: Frame }>();
  const answer = Promise.withResolvers<Frame>();
  const exchange = (frame: Frame, options: ExchangeOptions) => {
    asked.resolve({ ...options, tell: options.tell, frame });
    return answer.promise;
  };
  return { exchange, asked: asked.promise, answer: answer.resolve };
}

describe("a request of the modern era", () => {
  it.each([
    ["/mcp", undefined],
    ["/servers/pg/mcp", "pg"],
  ])("is answered on %s without a session", async (path, server) => {
    const { url, gateway } = await served();
    const reply = await call(url + path, modernCall("echo"));
    expect([reply.status, reply.headers["content-type"]]).toEqual([200, "application/json"]);
    expect(reply.json).toEqual({ jsonrpc: "2.0", id: 1, result: { resultType: "complete" } });
    expect(reply.headers["mcp-session-id"]).toBeUndefined();
    expect(gateway.exchanges[0]?.frame.head).toMatchObject({ method: "tools/call", name: "echo" });
    expect(gateway.exchanges[0]?.options).toMatchObject({ server, principal: "anybody" });
    expect(gateway.sessions).toEqual([]);
  });

  it("is told by its body alone, and refused without the header", async () => {
    const { url, gateway } = await served();
    const session = await openSession(`${url}/mcp`);
    for (const headers of [{ accept }, session, { ...session, "mcp-protocol-version": "2025-11-25" }]) {
      const reply = await call(`${url}/mcp`, { headers, body: modernRequest("tools/list") });
      expect([reply.status, reply.json.id, reply.json.error.code]).toEqual([400, 1, -32020]);
      expect(reply.json.error.message).toContain("MCP-Protocol-Version");
    }
    expect(gateway.frames.map(({ head }) => head.method)).toEqual(["initialize"]);
  });

  it("may name a session, which is ignored, and an event to come back for", async () => {
    const { url, gateway } = await served();
    const headers = { "mcp-session-id": "nobody", "last-event-id": "x" };
    const reply = await ask(`${url}/mcp`, "tools/list", {}, { headers });
    expect([reply.status, reply.headers["mcp-session-id"]]).toEqual([200, undefined]);
    expect(gateway.exchanges).toHaveLength(1);
  });

  it("comes on behalf of whoever the guard let in", async () => {
    const { url, gateway } = await served({ apiKey: "k" });
    expect((await ask(`${url}/mcp`, "tools/list")).status).toBe(401);
    await ask(`${url}/mcp`, "tools/list", {}, { headers: { authorization: "Bearer k" } });
    expect(gateway.exchanges.map(({ options }) => options.principal)).toEqual(["key"]);
  });

  it("to a server that is not in the catalog is refused", async () => {
    const { url } = await served();
    const reply = await call(`${url}/servers/nobody/mcp`, modernCall("echo"));
    expect([reply.status, reply.json.id, reply.json.error.code]).toEqual([404, 1, -31013]);
  });

  it("may be initialize, which the gateway is asked about like anything else", async () => {
    const { mcp } = await answering(async ({ head }) =>
      errorFrame(head.id, new OmgError("method_not_found", { message: "No such method" })),
    );
    const reply = await ask(mcp, "initialize");
    expect([reply.status, reply.json.error.code]).toEqual([404, -32601]);
  });
});

describe("the envelope of a request", () => {
  it.each(Object.keys(envelope).filter((key) => !key.endsWith("clientInfo")))("must hold %s", async (key) => {
    const { url, gateway } = await served();
    const { [key]: _, ...rest } = envelope as Record<string, unknown>;
    const reply = await ask(`${url}/mcp`, "tools/list", { _meta: rest });
    expect([reply.status, reply.json.id, reply.json.error.code]).toEqual([400, 1, -32602]);
    expect(gateway.exchanges).toEqual([]);
  });

  it("must be there", async () => {
    const { url } = await served();
    const body = { jsonrpc: "2.0", id: 1, method: "tools/list" };
    const reply = await call(`${url}/mcp`, { headers: modernHeaders("tools/list"), body });
    expect([reply.status, reply.json.id, reply.json.error.code]).toEqual([400, 1, -32602]);
  });

  it.each(["2027-01-01", "v999.0.0"])("must not say %s", async (other) => {
    const { url } = await served();
    const _meta = { ...envelope, "io.modelcontextprotocol/protocolVersion": other };
    const reply = await ask(
      `${url}/mcp`,
      "tools/list",
      { _meta },
      { headers: { "mcp-protocol-version": other } },
    );
    expect([reply.status, reply.json.id, reply.json.error.code]).toEqual([400, 1, -32022]);
    expect(reply.json.error.data).toMatchObject({ supported: [version], requested: other });
  });

  it("need not be there for a revision by its date to be told that it is not spoken", async () => {
    const { url } = await served();
    const headers = { accept, "mcp-protocol-version": "2027-01-01" };
    const body = { jsonrpc: "2.0", id: 1, method: "tools/list" };
    const reply = await call(`${url}/mcp`, { headers, body });
    expect([reply.status, reply.json.error.code]).toEqual([400, -32022]);
    expect(reply.json.error.data).toMatchObject({ supported: [version], requested: "2027-01-01" });
  });

  it("is looked at after the header that must equal it", async () => {
    const { url } = await served();
    const _meta = { ...envelope, "io.modelcontextprotocol/protocolVersion": "v999.0.0" };
    const reply = await ask(`${url}/mcp`, "tools/list", { _meta });
    expect([reply.status, reply.json.error.code]).toEqual([400, -32020]);
  });
});

describe("the status of an answer", () => {
  it.each<[Reason, number, string | undefined]>([
    ["method_not_found", 404, undefined],
    ["header_mismatch", 400, undefined],
    ["missing_capability", 400, undefined],
    ["unsupported_version", 400, undefined],
    ["parse_error", 400, undefined],
    ["invalid_request", 400, undefined],
    ["bad_params", 200, undefined],
    ["upstream_timeout", 200, undefined],
    ["upstream_start_failed", 200, undefined],
    ["draining", 503, "1"],
    ["overloaded", 503, "3"],
  ])("is, for %s, %i", async (reason, status, retryAfter) => {
    const { mcp } = await answering(async ({ head }) =>
      errorFrame(
        head.id,
        new OmgError(reason, { message: "so", retryAfterMs: retryAfter === "3" ? 2_100 : undefined }),
      ),
    );
    for (const accepted of [accept, "application/json", "text/event-stream"]) {
      const reply = await ask(mcp, "tools/list", {}, { headers: { accept: accepted } });
      expect([reply.status, reply.headers["retry-after"]]).toEqual([status, retryAfter]);
      expect(reply.text).toContain(`"reason":"${reason}"`);
    }
  });

  it("is that of a fault of ours when the gateway throws", async () => {
    const { mcp } = await answering(() => Promise.reject(new Error("oops")));
    const reply = await ask(mcp, "tools/list");
    expect([reply.status, reply.json.id, reply.json.error.code]).toEqual([500, 1, -32603]);
  });
});

describe("an answer", () => {
  it("is an event stream, without ids, once something goes before it", async () => {
    const { mcp } = await answering(async (frame, { tell }) => {
      tell(progress(1));
      tell(progress(2));
      return answerTo(frame);
    });
    const reply = await ask(mcp, "tools/list");
    expect(reply.headers).toMatchObject({ "content-type": "text/event-stream", "x-accel-buffering": "no" });
    expect(eventsOf(reply.text)).toMatchObject([
      { params: { progress: 1 } },
      { params: { progress: 2 } },
      { id: 1, result: {} },
    ]);
    expect(reply.text).not.toMatch(/^(id|retry):/m);
  });

  it("is an event stream when it takes long, with signs of life", async () => {
    const { exchange, asked, answer } = held();
    const { mcp } = await answering(exchange, { keepAliveMs: 10 });
    const reply = await open(mcp, modernCall("slow"));
    expect(reply.headers["content-type"]).toBe("text/event-stream");
    const [comment] = (await once(reply, "data")) as [Buffer];
    expect(comment.toString()).toMatch(/^: keepalive\n\n/);
    answer(answerTo((await asked).frame));
    expect(eventsOf((await readReply(reply)).text)).toMatchObject([{ id: 1, result: {} }]);
  });

  it("is an event stream for a client that takes nothing else", async () => {
    const { url } = await served();
    const reply = await ask(`${url}/mcp`, "tools/list", {}, { headers: { accept: "text/event-stream" } });
    expect(eventsOf(reply.text)).toMatchObject([{ id: 1, result: {} }]);
  });

  it("is JSON for a client that takes nothing else; what goes before it is dropped and counted", async () => {
    const { mcp, front } = await answering(async (frame, { tell }) => {
      tell(progress(1));
      return answerTo(frame);
    });
    const reply = await ask(mcp, "tools/list", {}, { headers: { accept: "application/json" } });
    expect(reply.json).toMatchObject({ id: 1, result: {} });
    expect(front.counters().droppedFrames).toBe(1);
  });

  it.each([accept, "text/event-stream"])("is the last message (%s)", async (accepted) => {
    let late = () => {};
    const { mcp, front } = await answering(async (frame, { tell }) => {
      late = () => tell(progress(1));
      return answerTo(frame);
    });
    const responding = serverSide("POST");
    const reply = ask(mcp, "tools/list", {}, { headers: { accept: accepted } });
    const response = await responding;
    const end = response.end.bind(response) as (...values: unknown[]) => typeof response;
    response.end = (...values: unknown[]) => {
      end(...values);
      late();
      return response;
    };
    expect((await reply).text).not.toContain("notifications/progress");
    expect(front.counters().droppedFrames).toBe(1);
  });

  it("can not be had by a client that takes neither", async () => {
    const { url } = await served();
    const reply = await ask(`${url}/mcp`, "tools/list", {}, { headers: { accept: "text/html" } });
    expect(reply.status).toBe(406);
  });
});

describe("a client that leaves before its answer", () => {
  it.each([true, false])("has cancelled its request (event stream: %s)", async (streams) => {
    const { exchange, asked, answer } = held();
    const { mcp, front } = await answering(exchange);
    const response = serverSide("POST");
    const leaving = new AbortController();
    const { headers, body } = modernCall("slow");
    const reply = fetch(mcp, {
      method: "POST",
      headers: { ...headers, "content-type": "application/json" },
      body: JSON.stringify(body),
      signal: leaving.signal,
    });
    reply.catch(() => {});
    const { signal, tell, frame } = await asked;
    if (streams) {
      tell(progress(1));
      await reply;
    }
    expect([signal.aborted, front.counters().waiting]).toEqual([false, 1]);
    const closed = once(await response, "close");
    const aborted = once(signal, "abort");
    leaving.abort();
    await Promise.all([closed, aborted]);
    answer(answerTo(frame));
    await front.drain();
    expect(front.counters().droppedFrames).toBe(1);
  });

  it("has not when it leaves after it", async () => {
    const { url, gateway } = await served();
    const closed = serverSide("POST").then((response) => once(response, "close"));
    await call(`${url}/mcp`, modernCall("echo"));
    await closed;
    expect(gateway.exchanges[0]?.options.signal.aborted).toBe(false);
  });
});

describe("what a modern client may not send", () => {
  it.each(["GET", "DELETE", "PUT"])("is %s", async (method) => {
    const { url } = await served();
    const session = await openSession(`${url}/mcp`);
    for (const path of ["/mcp", "/servers/pg/mcp"]) {
      const headers = { ...session, "mcp-protocol-version": version };
      const reply = await call(url + path, { method, headers });
      expect([reply.status, reply.headers.allow]).toEqual([405, "POST"]);
    }
    expect(
      (await call(`${url}/mcp`, { headers: session, body: { jsonrpc: "2.0", id: 1, method: "ping" } }))
        .status,
    ).toBe(200);
  });

  it.each([
    ["an answer", { jsonrpc: "2.0", id: 1, result: {} }],
    ["an error", { jsonrpc: "2.0", id: 1, error: { code: 1, message: "x" } }],
    ["a batch", [modernRequest("tools/list")]],
    ["no JSON", "{"],
  ])("is %s", async (_, body) => {
    const { url, gateway } = await served();
    const reply = await call(`${url}/mcp`, { headers: modernHeaders("tools/list"), body });
    expect(reply.status).toBe(400);
    expect(reply.json.error.code).toBe(body === "{" ? -32700 : -32600);
    expect(gateway.exchanges).toEqual([]);
  });

  it("is a body over the limit, or none of JSON", async () => {
    const { url } = await served({ limits: { bodyBytes: 1_000 } });
    const large = await ask(`${url}/mcp`, "tools/list", { large: "x".repeat(1_000) });
    expect([large.status, large.json.error.code]).toEqual([413, -31010]);
    const form = await ask(`${url}/mcp`, "tools/list", {}, { headers: { "content-type": "text/plain" } });
    expect(form.status).toBe(415);
  });
});

describe("a notification of a modern client", () => {
  it.each(["notifications/cancelled", "notifications/initialized", "acme/hello"])(
    "%s is accepted, and means nothing",
    async (method) => {
      const { exchange, asked, answer } = held();
      const { mcp, gateway } = await answering(exchange);
      const pending = call(mcp, modernCall("slow"));
      const { signal, frame } = await asked;
      const body = { jsonrpc: "2.0", method, params: { requestId: 1, _meta: envelope } };
      const reply = await call(mcp, { headers: { accept, "mcp-protocol-version": version }, body });
      expect([reply.status, reply.text]).toEqual([202, ""]);
      expect([signal.aborted, gateway.exchanges.length]).toEqual([false, 1]);
      answer(answerTo(frame));
      expect((await pending).status).toBe(200);
    },
  );
});

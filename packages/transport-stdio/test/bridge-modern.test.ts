import { once } from "node:events";
import type { IncomingHttpHeaders, ServerResponse } from "node:http";
import { PassThrough } from "node:stream";
import { Client } from "@modelcontextprotocol/client";
import { StdioServerTransport } from "@modelcontextprotocol/sdk/server/stdio.js";
import { describe, expect, onTestFinished, test } from "vitest";
import { bridgeStdio } from "../src/index.ts";
import {
  bridged,
  flow,
  gatewayThat,
  initialize,
  json,
  list,
  type Message,
  ok,
  open,
  refuse,
} from "./support/conversation.ts";

const version = "2026-07-28";
const _meta = {
  "io.modelcontextprotocol/protocolVersion": version,
  "io.modelcontextprotocol/clientCapabilities": {},
};
const request = (method: string, params: object = {}, id: unknown = 1) => {
  return { jsonrpc: "2.0", id, method, params: { _meta, ...params } };
};
const cancel = (requestId: unknown, params: object = {}) => {
  return { jsonrpc: "2.0", method: "notifications/cancelled", params: { requestId, ...params } };
};
const event = (message: object) => `event: message\ndata: ${JSON.stringify(message)}\n\n`;
const progress = {
  jsonrpc: "2.0",
  method: "notifications/progress",
  params: { progressToken: 1, progress: 1 },
};
const answer = (id: unknown) => ({ jsonrpc: "2.0", id, result: { resultType: "complete" } });

/** A gateway that answers everything, and the headers it saw. */
async function listening() {
  const headers: IncomingHttpHeaders[] = [];
  const gateway = await gatewayThat((message, outgoing, incoming) => {
    headers.push(incoming.headers);
    ok(message, outgoing);
  });
  return { ...gateway, headers };
}

/** A gateway that lets the test answer, request by request. */
async function held() {
  const waiting = new Map<unknown, PromiseWithResolvers<ServerResponse>>();
  const of = (id: unknown) => {
    const found = waiting.get(id) ?? Promise.withResolvers<ServerResponse>();
    waiting.set(id, found);
    return found;
  };
  const gateway = await gatewayThat(({ id }, outgoing) => of(id).resolve(outgoing));
  return { ...gateway, response: (id: unknown) => of(id).promise };
}

describe("a request of the modern era behind the bridge", () => {
  test("is a POST of its own, without a session or a handshake", async () => {
    const { url, seen, headers } = await listening();
    const client = bridged(url, { apiKey: "k" });
    client.send(request("server/discover"), request("tools/list", {}, "a"));
    const lines = await client.finish();
    expect(lines.map(({ id }) => id).sort()).toEqual([1, "a"]);
    expect(seen.toSorted()).toEqual(["POST server/discover -", "POST tools/list -"]);
    for (const sent of headers) {
      expect(sent).toMatchObject({
        "mcp-protocol-version": version,
        authorization: "Bearer k",
        accept: "application/json, text/event-stream",
        "content-type": "application/json",
      });
      expect(sent["mcp-name"]).toBeUndefined();
    }
    expect(headers.map((sent) => sent["mcp-method"]).sort()).toEqual(["server/discover", "tools/list"]);
  });

  test.each([
    ["tools/call", { name: "echo" }, "echo"],
    ["prompts/get", { name: "a b" }, "a b"],
    ["resources/read", { uri: "file:///x" }, "file:///x"],
    ["tasks/get", { taskId: "t1" }, "t1"],
    ["tools/call", { name: "" }, ""],
    ["tools/call", { name: " padded" }, "=?base64?IHBhZGRlZA==?="],
    ["tools/call", { name: "zwölf" }, "=?base64?enfDtmxm?="],
    ["tools/call", { name: "zwölf – 十二" }, `=?base64?${Buffer.from("zwölf – 十二").toString("base64")}?=`],
    ["tools/call", { name: "a\nb" }, "=?base64?YQpi?="],
    ["resources/read", { uri: "=?base64?literal?=" }, "=?base64?PT9iYXNlNjQ/bGl0ZXJhbD89?="],
    ["completion/complete", { ref: { type: "ref/prompt", name: "x" } }, undefined],
  ])("%s of %j says so in its headers", async (method, params, name) => {
    const { url, headers } = await listening();
    const client = bridged(url);
    client.send(request(method, params));
    await client.finish();
    expect(headers[0]).toMatchObject({ "mcp-method": method });
    expect(headers[0]?.["mcp-name"]).toBe(name);
  });

  test("that no header can name is answered here", async () => {
    const { url, seen } = await listening();
    const client = bridged(url);
    client.send(request("zwölf"));
    expect(await client.finish()).toMatchObject([{ id: 1, error: { code: -32600 } }]);
    expect(seen).toEqual([]);
  });

  test("gets what comes before its answer", async () => {
    const { url } = await gatewayThat((message, outgoing) => {
      flow(outgoing, `: keepalive\n\n${event(progress)}`).end(event(answer(message.id)));
    });
    const client = bridged(url);
    client.send(request("tools/call", { name: "echo" }));
    expect(await client.finish()).toEqual([progress, answer(1)]);
  });

  test.each([
    [404, -32601],
    [400, -32022],
    [503, -31008],
  ])("gets the error that comes with %i", async (status, code) => {
    const { url } = await gatewayThat((message, outgoing) =>
      refuse(outgoing, status, { code, message: "no", data: { supported: [] } }, message.id),
    );
    const client = bridged(url);
    client.send(request("tools/list"));
    expect(await client.finish()).toMatchObject([{ id: 1, error: { code, message: "no" } }]);
  });

  test("gets what a gateway of the legacy era answers, under its id", async () => {
    const { url, seen } = await gatewayThat((message, outgoing) => {
      if (!open(message, outgoing)) refuse(outgoing, 400, { code: -32600, message: "No session" });
    });
    const client = bridged(url);
    client.send(request("server/discover"));
    expect(await client.received(1)).toMatchObject([
      { id: 1, error: { code: -32600, message: "No session" } },
    ]);
    client.send(initialize);
    expect(await client.finish()).toMatchObject([{ id: 1 }, { id: 0, result: {} }]);
    expect(seen.slice(0, 2)).toEqual(["POST server/discover -", "POST initialize -"]);
  });

  test("is answered, and not sent again, when its response breaks off", async () => {
    const { url, seen } = await gatewayThat((_, outgoing) => {
      outgoing.writeHead(200, { "content-type": "text/event-stream" });
      outgoing.write(`id: 1\n${event(progress)}`, () => outgoing.destroy());
    });
    const client = bridged(url);
    client.send(request("tools/call", { name: "echo" }));
    expect(await client.finish()).toMatchObject([
      progress,
      { id: 1, error: { data: { reason: "upstream_closed", executed: "unknown" } } },
    ]);
    expect(seen).toEqual(["POST tools/call -"]);
  });

  test("is answered when no gateway is there", async () => {
    const client = bridged("http://127.0.0.1:9/mcp");
    client.send(request("tools/list"));
    expect(await client.finish()).toMatchObject([
      { id: 1, error: { data: { reason: "gateway_unreachable", executed: "no" } } },
    ]);
  });

  test("goes beside a session of the same client", async () => {
    const { url, seen } = await gatewayThat((message, outgoing) => {
      if (!open(message, outgoing)) ok(message, outgoing);
    });
    const client = bridged(url);
    client.send(initialize);
    await client.received(1);
    client.send(request("tools/list", {}, 2), list(3));
    await client.received(3);
    await client.finish();
    expect(seen.slice(1, 3).sort()).toEqual(["POST tools/list -", "POST tools/list s1"]);
  });

  test("is told that it is late when the client has ended", async () => {
    const { url, response } = await held();
    const client = bridged(url, { answerTimeMs: 1 });
    client.send(request("tools/call", { name: "slow" }));
    await response(1);
    expect(await client.finish()).toMatchObject([
      { id: 1, error: { data: { reason: "upstream_timeout", executed: "unknown" } } },
    ]);
  });
});

describe("a modern client that cancels", () => {
  test.each([true, false])(
    "closes the request, and has nothing more of it (event stream: %s)",
    async (streams) => {
      const { url, seen, response } = await held();
      const client = bridged(url);
      client.send(request("tools/call", { name: "slow" }));
      const outgoing = await response(1);
      const closed = once(outgoing, "close");
      if (streams) {
        flow(outgoing, event(progress));
        await client.received(1);
      }
      client.send(cancel(1));
      await closed;
      client.send(request("tools/list", {}, 2));
      ok({ id: 2 } as Message, await response(2));
      const lines = await client.finish();
      expect(lines.slice(streams ? 1 : 0)).toMatchObject([{ id: 2 }]);
      expect(seen).toEqual(["POST tools/call -", "POST tools/list -"]);
    },
  );

  test("may use the id again", async () => {
    const { url, response } = await held();
    const client = bridged(url);
    client.send(request("tools/call", { name: "slow" }));
    const closed = once(await response(1), "close");
    client.send(cancel(1), request("tools/list", {}, 2), request("prompts/list", {}, 1));
    await closed;
    json(await response(2), answer(2));
    expect(await client.received(1)).toEqual([answer(2)]);
    client.send(cancel(1));
    expect(await client.finish()).toEqual([answer(2)]);
  });

  test.each([[{}], [{ _meta }]])("what is over opens no session (%j)", async (params) => {
    const { url, seen } = await listening();
    const client = bridged(url);
    client.send(request("tools/list"));
    await client.received(1);
    client.send(cancel(1, params), { jsonrpc: "2.0", method: "acme/hello", params });
    await client.finish();
    expect(seen).toEqual(["POST tools/list -"]);
  });
});

describe("a client that listens behind the bridge", () => {
  const listen = (id: string) => request("subscriptions/listen", {}, id);
  const acknowledged = (id: string) => ({
    jsonrpc: "2.0",
    method: "notifications/subscriptions/acknowledged",
    params: { _meta: { "io.modelcontextprotocol/subscriptionId": id } },
  });

  test("hears all its streams, and learns of the end of one in both ways", async () => {
    const { url, response } = await held();
    const client = bridged(url);
    client.send(listen("a"), listen("b"));
    const [a, b] = await Promise.all([response("a"), response("b")]);
    flow(b, event(acknowledged("b")));
    await client.received(1);
    flow(a, event(acknowledged("a")));
    await client.received(2);
    b.end(event(answer("b")));
    await client.received(4);
    a.write(event(progress));
    await client.received(5);
    expect(await client.finish()).toEqual([
      acknowledged("b"),
      acknowledged("a"),
      answer("b"),
      cancel("b"),
      progress,
    ]);
  });

  test("is told when the stream breaks off", async () => {
    const { url, response } = await held();
    const client = bridged(url);
    client.send(listen("a"));
    flow(await response("a"), event(acknowledged("a")));
    await client.received(1);
    (await response("a")).destroy();
    expect((await client.received(2))[1]).toMatchObject({
      id: "a",
      error: { data: { reason: "upstream_closed" } },
    });
  });

  test("does not hold up the end, as its other requests do", async () => {
    const { url, response } = await held();
    const client = bridged(url);
    client.send(listen("a"), request("tools/call", { name: "slow" }));
    const [listening, calling] = await Promise.all([response("a"), response(1)]);
    const closed = once(listening, "close");
    const finished = client.finish();
    await closed;
    json(calling, answer(1));
    expect(await finished).toEqual([answer(1)]);
  });
});

describe.each(["auto", { pin: version }] as const)("SDK 2.x in mode %j behind the bridge", (mode) => {
  const subscriptionId = "io.modelcontextprotocol/subscriptionId";
  const cached = { resultType: "complete", ttlMs: 0, cacheScope: "private" };
  const discovered = {
    ...cached,
    supportedVersions: [version],
    capabilities: { tools: { listChanged: true } },
  };

  async function connected() {
    const listening = Promise.withResolvers<{ stream: ServerResponse; id: unknown }>();
    const calling = Promise.withResolvers<ServerResponse>();
    const progressed = Promise.withResolvers<void>();
    const { url, seen } = await gatewayThat(({ id, method, params }, outgoing) => {
      const result = (value: object) => json(outgoing, { jsonrpc: "2.0", id, result: value });
      const { name, _meta: meta } = params as { name?: string; _meta: { progressToken?: unknown } };
      if (method === "server/discover") result(discovered);
      else if (method === "tools/list")
        result({ ...cached, tools: [{ name: "echo", inputSchema: { type: "object" } }] });
      else if (method === "subscriptions/listen") {
        const said = { _meta: { [subscriptionId]: id }, notifications: { toolsListChanged: true } };
        const acknowledged = {
          jsonrpc: "2.0",
          method: "notifications/subscriptions/acknowledged",
          params: said,
        };
        listening.resolve({ stream: flow(outgoing, event(acknowledged)), id });
      } else if (name === "slow") calling.resolve(outgoing);
      else {
        const params = { progressToken: meta.progressToken, progress: 1 };
        flow(outgoing, event({ jsonrpc: "2.0", method: "notifications/progress", params }));
        const value = { resultType: "complete", content: [{ type: "text", text: name }] };
        // The client forgets who waits for progress as soon as it has the answer.
        void progressed.promise.then(() => outgoing.end(event({ jsonrpc: "2.0", id, result: value })));
      }
    });
    const [input, output] = [new PassThrough(), new PassThrough()];
    const ended = bridgeStdio({ url, input, output });
    const client = new Client({ name: "test", version: "1" }, { versionNegotiation: { mode } });
    const faults: Error[] = [];
    client.onerror = (error) => faults.push(error);
    onTestFinished(async () => {
      await client.close();
      input.end();
      await ended;
    });
    // The client's end of a pair of streams is what a server's end is.
    await client.connect(new StdioServerTransport(output, input));
    return {
      client,
      seen,
      faults,
      listening: listening.promise,
      calling: calling.promise,
      progressed: progressed.resolve,
    };
  }

  test("lists and calls tools, and cancels", async () => {
    const { client, seen, faults, calling, progressed } = await connected();
    expect((await client.listTools()).tools).toHaveLength(1);
    const call = await client.callTool({ name: "echo" }, { onprogress: () => progressed() });
    expect(call.content).toEqual([{ type: "text", text: "echo" }]);
    const leaving = new AbortController();
    const slow = client
      .callTool({ name: "slow" }, { signal: leaving.signal })
      .catch((error: unknown) => error);
    const closed = once(await calling, "close");
    leaving.abort();
    await closed;
    expect(await slow).toBeInstanceOf(Error);
    expect(seen.every((line) => line.endsWith(" -") && !line.includes("notifications"))).toBe(true);
    expect(faults).toEqual([]);
  });

  test("learns that what it listens to has ended as it should", async () => {
    const { client, listening, faults } = await connected();
    const opening = client.listen({ toolsListChanged: true });
    const { stream, id } = await listening;
    const subscription = await opening;
    const result = { resultType: "complete", _meta: { [subscriptionId]: id } };
    stream.end(event({ jsonrpc: "2.0", id, result }));
    expect(await subscription.closed).toBe("graceful");
    await client.listTools();
    expect(faults).toEqual([]);
  });
});

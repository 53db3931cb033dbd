import { describe, expect, test } from "vitest";
import {
  bridged,
  gatewayThat,
  initialize,
  initialized,
  json,
  list,
  open,
  refuse,
} from "./support/conversation.ts";

const busy = {
  code: -31007,
  message: "The gateway is at its limit",
  data: { reason: "overloaded", executed: "no", retryAfterMs: 3000, correlationId: "c-1" },
};

describe("an error of the gateway becomes one answer", () => {
  test.each([400, 401, 503])(
    "under the request's id, status %i with a JSON-RPC error without one",
    async (status) => {
      const { url } = await gatewayThat((message, outgoing) => {
        if (!open(message, outgoing)) refuse(outgoing, status, busy);
      });
      const client = bridged(url);
      client.send(initialize, list("a"));
      const lines = await client.finish();
      expect(lines).toHaveLength(2);
      expect(lines[1]).toMatchObject({
        id: "a",
        error: { code: -31007, message: expect.stringContaining("at its limit"), data: busy.data },
      });
    },
  );

  test("as it is, when it has the request's own id", async () => {
    const { url } = await gatewayThat((message, outgoing) => {
      if (!open(message, outgoing)) refuse(outgoing, 400, busy, message.id);
    });
    const client = bridged(url);
    client.send(initialize, list("a"));
    expect((await client.finish()).slice(1)).toEqual([{ jsonrpc: "2.0", id: "a", error: busy }]);
  });

  test("when the error without an id comes with status 200, or in an event stream", async () => {
    const { url } = await gatewayThat((message, outgoing) => {
      if (open(message, outgoing)) return;
      const text = JSON.stringify({ jsonrpc: "2.0", id: null, error: busy });
      if (message.id === "a") json(outgoing, JSON.parse(text));
      else outgoing.writeHead(200, { "content-type": "text/event-stream" }).end(`data: ${text}\n\n`);
    });
    const client = bridged(url);
    client.send(initialize, list("a"), list("b"));
    const lines = (await client.finish()).slice(1);
    expect(lines.map(({ id }) => id).sort()).toEqual(["a", "b"]);
    expect(lines).toMatchObject([{ error: busy }, { error: busy }]);
  });

  test("in the words of HTTP when it says nothing else, with what it says to a person and when to come back", async () => {
    const { url } = await gatewayThat((message, outgoing) => {
      if (open(message, outgoing)) return;
      outgoing.writeHead(503, { "content-type": "application/json", "retry-after": "7" });
      outgoing.end('{"error":"Service Unavailable","message":"Back soon"}');
    });
    const client = bridged(url);
    client.send(initialize, list(1));
    const message = expect.stringContaining("503 Service Unavailable (Back soon)");
    expect((await client.finish())[1]).toMatchObject({
      id: 1,
      error: { message, data: { reason: "gateway_unreachable", executed: "no", retryAfterMs: 7000 } },
    });
  });

  test.each([401, 403])("that names the variable for the key, for status %i", async (status) => {
    const { url } = await gatewayThat((_, outgoing) => outgoing.writeHead(status).end());
    const client = bridged(url);
    client.send(list(1));
    const lines = await client.finish();
    expect(lines).toMatchObject([
      { id: 1, error: { message: expect.stringContaining("MCP_GATEWAY_API_KEY") } },
    ]);
  });

  test("that does not call a request unsent which may have arrived", async () => {
    const { url } = await gatewayThat((message, outgoing) => {
      if (!open(message, outgoing)) outgoing.destroy();
    });
    const client = bridged(url);
    client.send(initialize, list(1));
    const error = { data: { reason: "upstream_closed", executed: "unknown" } };
    expect((await client.finish())[1]).toMatchObject({ id: 1, error });
  });

  test("also to a request that the gateway answers twice", async () => {
    const { url } = await gatewayThat((message, outgoing) => {
      if (open(message, outgoing)) return;
      const text = JSON.stringify({ jsonrpc: "2.0", id: message.id, result: {} });
      outgoing.writeHead(200, { "content-type": "text/event-stream" });
      outgoing.end(`data: ${text}\n\ndata: ${text}\n\ndata: {"jsonrpc":"2.0","id":"other","result":{}}\n\n`);
    });
    const client = bridged(url);
    client.send(initialize, list(1));
    expect((await client.finish()).map(({ id }) => id)).toEqual([0, 1]);
  });
});

describe("what nobody asked for stays unsaid", () => {
  test("a notification that the gateway refuses, and one that it can not get", async () => {
    const { url, saw } = await gatewayThat(
      (message, outgoing) => open(message, outgoing),
      undefined,
      (message, outgoing) => (message.method === "gone" ? outgoing.destroy() : refuse(outgoing, 503, busy)),
    );
    const client = bridged(url);
    const note = (method: string) => ({ jsonrpc: "2.0", method });
    client.send(initialize, initialized, note("gone"), note("next"));
    await saw("POST next s1");
    expect(await client.finish()).toMatchObject([{ id: 0, result: {} }]);
  });

  test("a request that the client has cancelled, whose response ends without an answer", async () => {
    let end = () => {};
    const { url, saw } = await gatewayThat(
      (message, outgoing) => {
        if (open(message, outgoing)) return;
        outgoing.writeHead(200, { "content-type": "text/event-stream" }).flushHeaders();
        end = () => outgoing.end();
      },
      undefined,
      (message, outgoing) => {
        outgoing.writeHead(202).end();
        if (message.method === "notifications/cancelled") end();
      },
    );
    const client = bridged(url);
    client.send(initialize, list(1));
    await saw("POST tools/list s1");
    client.send({ jsonrpc: "2.0", method: "notifications/cancelled", params: { requestId: 1 } });
    expect(await client.finish()).toMatchObject([{ id: 0 }]);
  });
});

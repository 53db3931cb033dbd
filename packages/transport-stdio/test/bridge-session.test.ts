import type { ServerResponse } from "node:http";
import { describe, expect, test } from "vitest";
import {
  bridged,
  gatewayThat,
  initialize,
  initialized,
  list,
  ok,
  open,
  refuse,
} from "./support/conversation.ts";

const starting = { code: -31008, message: "The gateway is shutting down", data: { reason: "draining" } };

describe("a session that can not be had", () => {
  test("the client's own initialize is refused: one error, and the next request opens a session", async () => {
    let healthy = false;
    const { url } = await gatewayThat((message, outgoing) => {
      if (!healthy) refuse(outgoing, 503, starting, message.id);
      else if (!open(message, outgoing)) ok(message, outgoing);
    });
    const client = bridged(url);
    client.send(initialize);
    await client.received(1);
    healthy = true;
    client.send(list(1));
    expect(await client.finish()).toMatchObject([
      { id: 0, error: starting },
      { id: 1, result: {} },
    ]);
  });

  test.each([200, 503])(
    "a hidden handshake is refused with status %i: the request learns why, nothing goes on",
    async (status) => {
      let healthy = false;
      const { url, seen } = await gatewayThat((message, outgoing) => {
        if (!healthy) refuse(outgoing, status, starting, status === 200 ? message.id : null);
        else if (!open(message, outgoing)) ok(message, outgoing);
      });
      const client = bridged(url);
      client.send(list(1), list(2));
      await client.received(2);
      expect(seen).toEqual(["POST initialize -"]);
      healthy = true;
      client.send(list(3));
      const lines = await client.finish();
      expect(lines).toMatchObject([
        { id: 1, error: starting },
        { id: 2, error: starting },
        { id: 3, result: {} },
      ]);
    },
  );

  test("a lost session whose renewal fails is tried again by the next request", async () => {
    let sessions = 0;
    let lost = false;
    let healthy = true;
    const { url } = await gatewayThat((message, outgoing) => {
      if (message.method === "initialize") {
        if (!healthy) return refuse(outgoing, 503, starting);
        sessions++;
        lost = false;
      }
      if (open(message, outgoing, `s${sessions}`)) return;
      if (lost) outgoing.writeHead(404).end();
      else ok(message, outgoing);
    });
    const client = bridged(url);
    client.send(initialize, initialized);
    await client.received(1);
    lost = true;
    healthy = false;
    client.send(list(1));
    await client.received(2);
    healthy = true;
    client.send(list(2));
    const lines = await client.finish();
    expect(lines).toMatchObject([{ id: 0 }, { id: 1, error: starting }, { id: 2, result: {} }]);
    expect(sessions).toBe(2);
  });

  test("one that is lost before the handshake has ended is opened anew, with a whole handshake", async () => {
    let sessions = 0;
    const { url, seen } = await gatewayThat(
      (message, outgoing) => {
        if (message.method === "initialize") sessions++;
        if (!open(message, outgoing, `s${sessions}`)) ok(message, outgoing);
      },
      undefined,
      (_, outgoing, incoming) =>
        outgoing.writeHead(incoming.headers["mcp-session-id"] === "s1" ? 404 : 202).end(),
    );
    const client = bridged(url);
    client.send(initialize, initialized);
    await client.received(1);
    client.send(list(1));
    expect((await client.finish()).map(({ id }) => id)).toEqual([0, 1]);
    expect(sessions).toBe(2);
    expect(seen.filter((line) => line === "POST notifications/initialized s2")).toHaveLength(1);
  });

  test("a handshake without a session id, where the gateway wants one, is not kept", async () => {
    let healthy = false;
    const { url, seen } = await gatewayThat((message, outgoing, incoming) => {
      if (healthy && open(message, outgoing)) return;
      if (message.method === "initialize") ok(message, outgoing);
      else if (incoming.headers["mcp-session-id"] === undefined) refuse(outgoing, 400, starting);
      else ok(message, outgoing);
    });
    const client = bridged(url);
    client.send(initialize, list(1));
    await client.received(2);
    healthy = true;
    client.send(list(2));
    expect(await client.finish()).toMatchObject([
      { id: 0 },
      { id: 1, error: starting },
      { id: 2, result: {} },
    ]);
    expect(seen.filter((line) => line.startsWith("POST initialize"))).toHaveLength(2);
  });
});

describe("the event stream", () => {
  const change = 'data: {"jsonrpc":"2.0","method":"notifications/tools/list_changed"}\n\n';
  const flowing = (outgoing: ServerResponse) =>
    outgoing.writeHead(200, { "content-type": "text/event-stream" });

  test("moves to the new session when the gateway has forgotten the old one", async () => {
    let sessions = 0;
    let current = "";
    const { url, saw } = await gatewayThat(
      (message, outgoing, incoming) => {
        if (message.method === "initialize") current = `s${++sessions}`;
        if (open(message, outgoing, current)) return;
        if (incoming.headers["mcp-session-id"] !== current) outgoing.writeHead(404).end();
        else ok(message, outgoing);
      },
      (outgoing, session) => void flowing(outgoing).write(session === "s2" ? change : ": s1\n\n"),
    );
    const client = bridged(url);
    client.send(initialize, initialized);
    await saw("GET s1");
    current = "forgotten";
    client.send(list(1));
    const lines = await client.received(3);
    expect(lines.slice(1)).toContainEqual({ jsonrpc: "2.0", method: "notifications/tools/list_changed" });
    await client.finish();
  });

  test("is opened again when it ends, and a session lost meanwhile is renewed without being asked", async () => {
    let sessions = 0;
    const { url, saw } = await gatewayThat(
      (message, outgoing) => {
        if (message.method === "initialize") sessions++;
        open(message, outgoing, `s${sessions}`);
      },
      (outgoing, session) => {
        if (session === "s2") flowing(outgoing).write(change);
        else if (streams++ === 0) flowing(outgoing).end(": over\n\n");
        else outgoing.writeHead(404).end();
      },
    );
    let streams = 0;
    const client = bridged(url);
    client.send(initialize, initialized);
    await saw("GET s1", 2);
    await saw("GET s2");
    expect(await client.received(2)).toMatchObject([
      { id: 0 },
      { method: "notifications/tools/list_changed" },
    ]);
    await client.finish();
  });

  test("is asked for once in a session whose gateway offers none", async () => {
    const { url, seen, saw } = await gatewayThat((message, outgoing) => {
      if (!open(message, outgoing)) ok(message, outgoing);
    });
    const client = bridged(url);
    client.send(initialize, initialized, initialized);
    await saw("GET s1");
    client.send(list(1));
    await client.finish();
    expect(seen.filter((line) => line.startsWith("GET"))).toHaveLength(1);
  });
});

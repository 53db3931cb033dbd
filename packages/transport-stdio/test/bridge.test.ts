import { describe, expect, test } from "vitest";
import { bridged, gatewayThat, initialize, initialized, json, list, open } from "./support/conversation.ts";

describe("the bridge", () => {
  test("passes the client's own handshake on, keeps the session, and ends it", async () => {
    const { url, seen } = await gatewayThat((message, outgoing) => {
      if (!open(message, outgoing)) json(outgoing, { jsonrpc: "2.0", id: message.id, result: {} });
    });
    const client = bridged(url);
    client.send(initialize, initialized, list("a"));
    const lines = await client.finish();
    expect(lines.map(({ id }) => id)).toEqual([0, "a"]);
    expect(seen[0]).toBe("POST initialize -");
    expect(seen.slice(1, 3).sort()).toEqual(["POST notifications/initialized s1", "POST tools/list s1"]);
    expect(seen.at(-1)).toBe("DELETE s1");
  });

  test("reads an event stream however it is cut, and delivers what goes before the answer", async () => {
    const { url } = await gatewayThat((message, outgoing) => {
      if (open(message, outgoing)) return;
      outgoing.writeHead(200, { "content-type": "text/event-stream" });
      const progress = {
        jsonrpc: "2.0",
        method: "notifications/progress",
        params: { progressToken: 1, progress: 1 },
      };
      const answer = { jsonrpc: "2.0", id: message.id, result: { text: "zwölf – 十二" } };
      const text = `: keepalive\r\n\r\ndata: ${JSON.stringify(progress)}\r\n\r\nevent: message\ndata: ${JSON.stringify(answer)}\n\n`;
      const bytes = Buffer.from(text);
      let at = 0;
      const drip = () => {
        if (at >= bytes.length) return void outgoing.end();
        outgoing.write(bytes.subarray(at, at + 7), () => setImmediate(drip));
        at += 7;
      };
      drip();
    });
    const client = bridged(url);
    client.send(list(1));
    const lines = await client.finish();
    expect(lines).toMatchObject([
      { method: "notifications/progress" },
      { id: 1, result: { text: "zwölf – 十二" } },
    ]);
  });

  test("opens a forgotten session anew and repeats the request once", async () => {
    let sessions = 0;
    const { url, seen } = await gatewayThat((message, outgoing, incoming) => {
      if (message.method === "initialize") sessions++;
      if (open(message, outgoing, `s${sessions}`)) return;
      if (incoming.headers["mcp-session-id"] === "s1") outgoing.writeHead(404).end();
      else json(outgoing, { jsonrpc: "2.0", id: message.id, result: {} });
    });
    const client = bridged(url);
    client.send(initialize, initialized, list(1));
    const lines = await client.finish();
    expect(lines).toMatchObject([{ id: 0 }, { id: 1, result: {} }]);
    expect(seen.filter((line) => line.startsWith("POST tools/list"))).toEqual([
      "POST tools/list s1",
      "POST tools/list s2",
    ]);
  });

  test("answers a request whose response breaks off, and does not repeat it", async () => {
    const { url, seen } = await gatewayThat((message, outgoing) => {
      if (open(message, outgoing)) return;
      outgoing.writeHead(200, { "content-type": "text/event-stream" });
      outgoing.write(": soon\n\n", () => outgoing.destroy());
    });
    const client = bridged(url);
    client.send(list(1));
    const lines = await client.finish();
    expect(lines).toMatchObject([
      { id: 1, error: { data: { reason: "upstream_closed", executed: "unknown" } } },
    ]);
    expect(seen.filter((line) => line.startsWith("POST tools/list"))).toHaveLength(1);
  });

  test("answers text that is no message, and goes on", async () => {
    const { url } = await gatewayThat((message, outgoing) => {
      if (!open(message, outgoing)) json(outgoing, { jsonrpc: "2.0", id: message.id, result: {} });
    });
    const client = bridged(url);
    client.send({ not: "a message" }, list(1));
    const lines = await client.finish();
    expect(lines).toMatchObject([
      { id: null, error: { code: -32600 } },
      { id: 1, result: {} },
    ]);
  });

  test("splits a batch of a client of revision 2025-03-26, and answers it on one line", async () => {
    const { url, seen } = await gatewayThat((message, outgoing) => {
      const result = { protocolVersion: "2025-03-26" };
      json(outgoing, { jsonrpc: "2.0", id: message.id, result }, { "mcp-session-id": "s1" });
    });
    const client = bridged(url);
    client.send(initialize);
    await client.received(1);
    client.send([initialized, list(1), list("1")]);
    const [, batch] = (await client.finish()) as unknown[];
    expect(batch).toHaveLength(2);
    expect(batch).toEqual(
      expect.arrayContaining([expect.objectContaining({ id: 1 }), expect.objectContaining({ id: "1" })]),
    );
    expect(seen.filter((line) => line === "POST tools/list s1")).toHaveLength(2);
  });

  test("says what a gateway answers that is none", async () => {
    const { url } = await gatewayThat((_, outgoing) =>
      outgoing.writeHead(200, { "content-type": "text/html" }).end("<p>hi"),
    );
    const client = bridged(url);
    client.send(list(1));
    const [answer] = await client.finish();
    expect(answer).toMatchObject({ id: 1, error: { data: { reason: "upstream_closed" } } });
  });
});

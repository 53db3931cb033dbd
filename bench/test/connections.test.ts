import { once } from "node:events";
import { createServer, type RequestListener, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, describe, expect, test } from "vitest";
import { HttpConnection } from "../src/client/http-connection.ts";
import { SseClient } from "../src/client/sse-client.ts";

const servers: Server[] = [];

afterEach(async () => {
  for (const server of servers.splice(0)) {
    server.closeAllConnections();
    server.close();
    await once(server, "close");
  }
});

async function serve(listener: RequestListener): Promise<number> {
  const server = createServer(listener).listen(0, "127.0.0.1");
  servers.push(server);
  await once(server, "listening");
  return (server.address() as AddressInfo).port;
}

const request = "POST / HTTP/1.1\r\nhost: here\r\ncontent-length: 0\r\n\r\n";

describe("a connection", () => {
  test("that the other side has closed refuses what is sent, and does not wait for an answer", async () => {
    const port = await serve((_, response) => response.writeHead(200, { connection: "close" }).end("once"));
    using connection = await HttpConnection.open(port);
    expect((await connection.send(request)).status).toBe(200);
    await expect.poll(() => connection.send(request).catch(String)).toContain("The connection is closed");
  });
});

describe("a conversation over HTTP+SSE", () => {
  /** A server that answers `initialize`, and ends its stream at the next request. */
  const listener = () => {
    let stream: Parameters<RequestListener>[1] | undefined;
    return ((incoming, response) => {
      if (incoming.method === "GET") {
        stream = response.writeHead(200, { "content-type": "text/event-stream" });
        stream.write("event: endpoint\ndata: /messages?id=1\n\n");
        return;
      }
      incoming.on("data", (chunk) => {
        const { id, method } = JSON.parse(chunk.toString());
        if (method === "tools/call") stream?.end();
        else if (id !== undefined) stream?.write(`data: {"jsonrpc":"2.0","id":${id},"result":{}}\n\n`);
      });
      incoming.on("end", () => response.writeHead(incoming.url === "/messages?id=1" ? 202 : 404).end());
    }) satisfies RequestListener;
  };

  test("fails the calls that a stream leaves unanswered when it ends", async () => {
    const port = await serve(listener());
    using connection = await HttpConnection.open(port);
    const client = await SseClient.open(connection, { port, path: "/sse" });
    await expect(client.send("tools/call", "{}")).rejects.toThrow("The event stream ended");
    await client.end();
  });
});

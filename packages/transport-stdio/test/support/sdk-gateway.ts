import { once } from "node:events";
import { createServer, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import {
  type EventStore,
  StreamableHTTPServerTransport,
} from "@modelcontextprotocol/sdk/server/streamableHttp.js";
import type { JSONRPCMessage } from "@modelcontextprotocol/sdk/types.js";
import { onTestFinished } from "vitest";
import { type Tool, toolServer } from "./tool-server.ts";

/** An HTTP server of SDK 1.x for one client, which keeps its events so that streams can be resumed. */
export async function sdkGateway(tools: Record<string, Tool>) {
  const server = toolServer(tools);
  const transport = new StreamableHTTPServerTransport({
    sessionIdGenerator: () => "s1",
    eventStore: eventStore(),
    retryInterval: 10,
  });
  await server.connect(transport as Parameters<typeof server.connect>[0]);
  const responses = new Set<ServerResponse>();
  const listening = Promise.withResolvers<void>();
  let resumed = 0;
  const watchers = new Set<() => void>();
  const http = createServer((incoming, outgoing) => {
    if (incoming.headers["last-event-id"] !== undefined) resumed++;
    else if (incoming.method === "GET") {
      const writeHead = outgoing.writeHead.bind(outgoing) as (...values: unknown[]) => ServerResponse;
      outgoing.writeHead = (...values: unknown[]) => {
        listening.resolve();
        return writeHead(...values);
      };
    }
    for (const look of watchers) look();
    responses.add(outgoing);
    outgoing.once("close", () => responses.delete(outgoing));
    void transport.handleRequest(incoming, outgoing);
  });
  http.listen(0, "127.0.0.1");
  await once(http, "listening");
  onTestFinished(async () => {
    await server.close();
    http.close();
    http.closeAllConnections();
  });
  return {
    url: `http://127.0.0.1:${(http.address() as AddressInfo).port}/mcp`,
    server,
    /** Resolves once the client's own event stream stands. */
    listening: listening.promise,
    /** Resolves once streams were asked for again so many times. */
    asked: (times: number) =>
      new Promise<void>((resolve) => {
        const look = () => {
          if (resumed < times) return;
          watchers.delete(look);
          resolve();
        };
        watchers.add(look);
        look();
      }),
    /** Breaks every response off that has begun; resolves when they are gone. */
    async cut() {
      const open = [...responses].filter(({ headersSent }) => headersSent);
      const gone = open.map((outgoing) => once(outgoing, "close"));
      for (const outgoing of open) outgoing.destroy();
      await Promise.all(gone);
    },
  };
}

function eventStore(): EventStore {
  const events: { streamId: string; message: JSONRPCMessage }[] = [];
  return {
    storeEvent: async (streamId, message) => `${events.push({ streamId, message }) - 1}`,
    getStreamIdForEventId: async (id) => events[Number(id)]?.streamId,
    async replayEventsAfter(lastEventId, { send }) {
      const streamId = events[Number(lastEventId)]?.streamId ?? "";
      for (const [index, event] of events.entries()) {
        if (index > Number(lastEventId) && event.streamId === streamId) await send(`${index}`, event.message);
      }
      return streamId;
    },
  };
}

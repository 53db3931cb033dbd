import type { IncomingMessage, ServerResponse } from "node:http";
import { SSEServerTransport } from "@modelcontextprotocol/sdk/server/sse.js";
import { type LocalServer, listen } from "../listen.ts";
import { createConformanceServer } from "./create-server.ts";
import { createFixture, type Fixture } from "./fixture.ts";
import { legacyEra } from "./legacy-era.ts";

const messagesPath = "/messages";

/** The conformance server over the transport of 2024-11-05: a stream for each client, and a POST for each message. */
export async function serveOverSse(): Promise<LocalServer> {
  const fixture = createFixture();
  const clients = new Map<string, SSEServerTransport>();
  return await listen((incoming, outgoing) => {
    answer({ clients, fixture }, incoming, outgoing).catch((error) => outgoing.destroy(error));
  });
}

interface Served {
  readonly clients: Map<string, SSEServerTransport>;
  readonly fixture: Fixture;
}

async function answer(
  { clients, fixture }: Served,
  incoming: IncomingMessage,
  outgoing: ServerResponse,
): Promise<void> {
  const url = new URL(incoming.url ?? "/", "http://localhost");
  if (incoming.method === "GET") {
    const transport = new SSEServerTransport(messagesPath, outgoing);
    clients.set(transport.sessionId, transport);
    outgoing.once("close", () => clients.delete(transport.sessionId));
    await createConformanceServer({ era: legacyEra, fixture }).connect(transport);
    return;
  }
  const client = clients.get(url.searchParams.get("sessionId") ?? "");
  if (incoming.method === "POST" && url.pathname === messagesPath && client)
    await client.handlePostMessage(incoming, outgoing);
  // What a server that speaks nothing newer says to the newer transport.
  else outgoing.writeHead(client ? 405 : 404).end();
}

import { randomUUID } from "node:crypto";
import { getRequestListener } from "@hono/node-server";
import { WebStandardStreamableHTTPServerTransport } from "@modelcontextprotocol/server";
import { type LocalServer, listen } from "../listen.ts";
import { createConformanceServer, type More } from "./create-server.ts";
import { createEventStore } from "./event-store.ts";
import { createFixture, type Fixture } from "./fixture.ts";
import { foreignRefusal } from "./foreign-refusal.ts";
import { legacyEra } from "./legacy-era.ts";

/** Told to clients of a stream that breaks off. */
const retryMs = 100;

/** The conformance server over streamable HTTP as revisions up to 2025-11-25 have it, at any path. */
export async function serveOverHttp(more: More = {}): Promise<LocalServer> {
  const fixture = createFixture();
  const sessions = new Map<string, WebStandardStreamableHTTPServerTransport>();
  const answer = async (request: Request): Promise<Response> => {
    const refusal = foreignRefusal(request);
    if (refusal) return refusal;
    const id = request.headers.get("mcp-session-id");
    const transport = id === null ? await openSession(sessions, fixture, more) : sessions.get(id);
    return transport?.handleRequest(request) ?? new Response("There is no such session", { status: 404 });
  };
  const server = await listen(getRequestListener(answer));
  return {
    port: server.port,
    async [Symbol.asyncDispose]() {
      for (const transport of sessions.values()) await transport.close();
      await server[Symbol.asyncDispose]();
    },
  };
}

/** A transport for a request without a session. It refuses all that does not begin one. */
async function openSession(
  sessions: Map<string, WebStandardStreamableHTTPServerTransport>,
  fixture: Fixture,
  more: More,
): Promise<WebStandardStreamableHTTPServerTransport> {
  const transport = new WebStandardStreamableHTTPServerTransport({
    sessionIdGenerator: randomUUID,
    onsessioninitialized: (id) => void sessions.set(id, transport),
    onsessionclosed: (id) => void sessions.delete(id),
    eventStore: createEventStore(),
    retryInterval: retryMs,
  });
  await createConformanceServer({ era: legacyEra, fixture, more }).connect(transport);
  return transport;
}

// What one writes by hand with the SDK: express in front, a server and a transport for each session, one client behind.
// `sdk-by-hand.mjs FILE [ARGUMENT...]` runs FILE in Node, `sdk-by-hand.mjs URL` connects to a server over HTTP.
import { randomUUID } from "node:crypto";
import { Client } from "@modelcontextprotocol/sdk/client/index.js";
import { StdioClientTransport } from "@modelcontextprotocol/sdk/client/stdio.js";
import { StreamableHTTPClientTransport } from "@modelcontextprotocol/sdk/client/streamableHttp.js";
import { Server } from "@modelcontextprotocol/sdk/server/index.js";
import { StreamableHTTPServerTransport } from "@modelcontextprotocol/sdk/server/streamableHttp.js";
import { CallToolRequestSchema, ListToolsRequestSchema } from "@modelcontextprotocol/sdk/types.js";
import express from "express";

const client = new Client({ name: "by-hand", version: "1.0.0" });
const args = process.argv.slice(2);
const connected = client.connect(
  URL.canParse(args[0] ?? "")
    ? /** @type {any} */ (new StreamableHTTPClientTransport(new URL(args[0] ?? "")))
    : new StdioClientTransport({ command: process.execPath, args }),
);

/** @type {Map<string, StreamableHTTPServerTransport>} */
const sessions = new Map();

const app = express();
app.use(express.json());
app.all("/mcp", async (request, response) => {
  const id = request.headers["mcp-session-id"];
  const transport = typeof id === "string" ? sessions.get(id) : await openSession();
  if (transport === undefined) response.status(404).end();
  else await transport.handleRequest(request, response, request.body);
});
const listener = app.listen(0, "127.0.0.1", () => {
  const address = /** @type {import("node:net").AddressInfo} */ (listener.address());
  process.stdout.write(`listens on 127.0.0.1:${address.port}\n`);
});

async function openSession() {
  const transport = new StreamableHTTPServerTransport({
    sessionIdGenerator: randomUUID,
    onsessioninitialized: (id) => {
      sessions.set(id, transport);
    },
    onsessionclosed: (id) => {
      sessions.delete(id);
    },
  });
  const server = new Server({ name: "by-hand", version: "1.0.0" }, { capabilities: { tools: {} } });
  server.setRequestHandler(ListToolsRequestSchema, async ({ params }) => {
    await connected;
    return client.listTools(params);
  });
  server.setRequestHandler(CallToolRequestSchema, async ({ params }) => {
    await connected;
    return client.callTool(params);
  });
  await server.connect(/** @type {any} */ (transport));
  return transport;
}

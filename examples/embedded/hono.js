import { serve } from "@hono/node-server";
import { RESPONSE_ALREADY_SENT } from "@hono/node-server/utils/response";
import { createHttpHandler } from "@omg/transport-http";
import { Hono } from "hono";
import { calls, endOnSignal, gateway } from "./gateway.js";

const front = createHttpHandler({ gateway, basePath: "/gateway" });

const app = new Hono();
app.all("/gateway/*", ({ env }) => {
  front.handle(env.incoming, env.outgoing);
  return RESPONSE_ALREADY_SENT;
});
app.get("/calls", (context) => context.json(calls));

const port = Number(process.env.PORT ?? 3000);
const server = serve({ fetch: app.fetch, hostname: "localhost", port }, (address) => {
  console.log(`http://localhost:${address.port}/gateway/mcp`);
});
endOnSignal(front, server);

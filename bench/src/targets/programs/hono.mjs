// The same as hello.mjs, as one writes it with Hono.
import { serve } from "@hono/node-server";
import { Hono } from "hono";

const body = '{"result":{"content":[{"type":"text","text":"hello"}]},"jsonrpc":"2.0","id":1}';

const app = new Hono();
app.post("*", async ({ req, body: answer }) => {
  await req.arrayBuffer();
  return answer(body, 200, { "content-type": "application/json" });
});
serve({ fetch: app.fetch, hostname: "127.0.0.1", port: 0 }, ({ port }) => {
  process.stdout.write(`listens on 127.0.0.1:${port}\n`);
});

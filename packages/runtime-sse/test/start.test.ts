import { expect, test } from "vitest";
import { connect } from "./support/connect.ts";
import { type Exchange, fakeServer } from "./support/fake-server.ts";

const notReady = "upstream_start_failed";
const ways: [string, (exchange: Exchange) => void, reason: string, message: RegExp][] = [
  [
    "500",
    ({ status }) => status(500),
    notReady,
    /answered 500 Internal Server Error; the fault is the server's/,
  ],
  ["no answer", ({ response }) => response.destroy(), notReady, /broke off the connection/],
  ["401", ({ status }) => status(401), "upstream_auth_required", /answered 401 Unauthorized/],
  ["429", ({ status }) => status(429, { "retry-after": "9" }), "upstream_backoff", /left alone for a while/],
  [
    "a login page",
    ({ status }) => status(200, { "content-type": "text/html" }, "<h1>"),
    "upstream_protocol_error",
    /text\/html/,
  ],
];

test.each(ways)(
  "a server that answers the handshake with %s is not ready, and it is said why",
  async (_, answer, reason, message) => {
    await using server = await fakeServer({ initialize: answer });
    await expect(connect({ url: server.url })).rejects.toMatchObject({ reason, message });
    await server.idle();
  },
);

test("a server is dialled once for the handshake", async () => {
  let connections = 0;
  await using server = await fakeServer({
    initialize(exchange) {
      connections = server.connections;
      exchange.plain();
    },
  });
  await using _remote = await connect({ url: server.url });
  expect(connections).toBe(1);
});

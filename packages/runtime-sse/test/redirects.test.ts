import { expect, test } from "vitest";
import { connect } from "./support/connect.ts";
import { type Exchange, fakeServer } from "./support/fake-server.ts";

const headers = { authorization: "Bearer secret" };

test.each([307, 308])(
  "a redirect (%s) within the origin is followed, with method, body and headers",
  async (status) => {
    await using server = await fakeServer({
      "tools/call"(exchange) {
        if (exchange.path === "/mcp") exchange.status(status, { location: "/elsewhere" });
        else exchange.plain();
      },
    });
    await using remote = await connect({ url: server.url, headers });
    expect(await remote.client.call("echo", { text: "a" })).toBe("a");
    const { httpMethod, headers: sent } = await server.when(({ path }) => path === "/elsewhere");
    expect(httpMethod).toBe("POST");
    expect(sent).toMatchObject({ ...headers, "mcp-session-id": "session-1" });
  },
);

const elsewhere = [301, 302, 303, 307, 308];

test.each(elsewhere)(
  "a redirect (%s) to another origin is refused, and nothing is sent there",
  async (status) => {
    await using canary = await fakeServer();
    const redirect = (exchange: Exchange) => exchange.status(status, { location: canary.url });
    await using server = await fakeServer({ "tools/call": redirect, GET: redirect });
    await using remote = await connect({ url: server.url, headers });
    await expect(remote.client.call("echo")).rejects.toMatchObject({
      reason: "upstream_protocol_error",
      detail: `http_${status}`,
      executed: "no",
      message: /which is not followed; put the right address into the entry/,
    });
    await server.when(({ httpMethod }) => httpMethod === "GET");
    expect(canary.connections).toBe(0);
  },
);

test("an event stream of 2024-11-05 is not followed to another origin either", async () => {
  await using canary = await fakeServer();
  await using server = await fakeServer({
    GET: (exchange) => exchange.status(302, { location: canary.url }),
  });
  const failed = expect(connect({ url: server.url, headers, transport: "sse" })).rejects;
  await failed.toMatchObject({ detail: "http_302" });
  expect(canary.connections).toBe(0);
});

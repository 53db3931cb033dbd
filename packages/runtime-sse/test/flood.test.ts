import { expect, test } from "vitest";
import { type Exchange, fakeServer } from "./support/fake-server.ts";
import { GatewayClient, remoteGateway } from "./support/gateway.ts";

const message = { jsonrpc: "2.0", method: "notifications/message", params: { level: "error", data: "x" } };
const many = `data: ${JSON.stringify(message)}\n\n`.repeat(700);

/** Writes the same again and again, as fast as the other side reads, until it hangs up. */
function pour({ response }: Exchange): void {
  while (!response.destroyed && response.write(many));
}

test("a server that pours events into an answer is stopped, and the next call begins anew", async () => {
  let isEvil = true;
  await using server = await fakeServer({
    "tools/call"(exchange) {
      if (!isEvil) return exchange.plain();
      exchange.stream();
      exchange.response.on("drain", () => pour(exchange));
      pour(exchange);
    },
  });
  await using gateway = await remoteGateway({ url: server.url }, { request_timeout_seconds: 18 });
  const client = await GatewayClient.connect(gateway);
  const start = performance.now();
  const { error } = await client.ask("tools/call", { name: "echo", arguments: {} });
  const seconds = (performance.now() - start) / 1000;
  expect(error?.data).toMatchObject({ reason: "upstream_protocol_error", executed: "unknown" });
  expect(error?.message).toMatch(/floods the gateway/);
  // What a server may say at once, and in each second after that.
  expect(client.received.length).toBeLessThan(100_000 + 50_000 * (seconds + 1));
  isEvil = false;
  expect(await client.call("echo", { text: "good" })).toBe("good");
});

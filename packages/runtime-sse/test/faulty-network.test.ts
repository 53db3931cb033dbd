import { scriptedServer } from "@omg/runtime-testkit";
import { describe, expect, test } from "vitest";
import { type Faults, faultProxy } from "./support/fault-proxy.ts";
import { GatewayClient, remoteGateway } from "./support/gateway.ts";
import { type BridgeKind, scriptedBridge } from "./support/scripted-bridge.ts";

const harmless: [string, Faults][] = [
  ["latency", { latencyMs: 30 }],
  ["writes of one byte", { slices: true }],
  ["a narrow line", { bytesPerSecond: 20_000 }],
];
const harmful: [string, Faults][] = [
  ["resets at once", { resetAfter: 0 }],
  ["resets in the head", { resetAfter: 40 }],
  ["resets in the body", { resetAfter: 260 }],
  ["a black hole", { blackholeAfter: 0 }],
  ["a black hole in the body", { blackholeAfter: 260 }],
];
const reasons = ["upstream_closed", "upstream_timeout", "upstream_backoff", "upstream_start_failed"];

describe.each(["streamable-http", "sse"] as BridgeKind[])("over %s", (kind) => {
  test.each(harmless)("a dozen calls are answered in spite of %s", async (_, faults) => {
    await using bridge = await scriptedBridge(scriptedServer(), kind);
    await using proxy = await faultProxy(bridge.origin);
    proxy.faults = faults;
    await using gateway = await remoteGateway({ url: `${proxy.origin}${new URL(bridge.url).pathname}` });
    const client = await GatewayClient.connect(gateway);
    const texts = Array.from({ length: 12 }, (_, index) => `text ${index} ${"ä".repeat(200)}`);
    expect(await Promise.all(texts.map((text) => client.call("echo", { text })))).toEqual(texts);
  });

  test.each(harmful)("a dozen calls are answered once or fail in words with %s", async (_, faults) => {
    await using bridge = await scriptedBridge(scriptedServer(), kind);
    await using proxy = await faultProxy(bridge.origin);
    const url = `${proxy.origin}${new URL(bridge.url).pathname}`;
    const timeouts = { response_timeout_seconds: 0.5, silence_timeout_seconds: 0.5 };
    await using gateway = await remoteGateway({ url, ...timeouts }, { request_timeout_seconds: 2 });
    const client = await GatewayClient.connect(gateway);
    expect(await client.call("echo", { text: "before" })).toBe("before");
    proxy.faults = faults;
    const calls = Array.from({ length: 12 }, (_, index) =>
      client.ask("tools/call", { name: "echo", arguments: { text: `${index}` } }),
    );
    for (const [index, { result, error }] of (await Promise.all(calls)).entries()) {
      if (result) expect(result.content).toEqual([{ type: "text", text: `${index}` }]);
      else expect(reasons).toContain(error?.data?.reason);
    }
    const ids = client.received.flatMap((message) => ("id" in message ? [message.id] : []));
    expect(new Set(ids).size).toBe(ids.length);
    proxy.faults = {};
    for (const socket of proxy.sockets) socket.destroy();
    await proxy.idle();
    expect(await eventually(client)).toBe("after");
  });
});

/** What is broken off in this moment may fail one more call, and a server in backoff says when it is tried again. */
async function eventually(client: GatewayClient): Promise<string> {
  for (;;) {
    const { result, error } = await client.ask("tools/call", { name: "echo", arguments: { text: "after" } });
    if (result) return (result.content as { text: string }[])[0]?.text ?? "";
    expect(reasons).toContain(error?.data?.reason);
    await new Promise((resolve) => setTimeout(resolve, Number(error?.data?.retryAfterMs ?? 20)));
  }
}

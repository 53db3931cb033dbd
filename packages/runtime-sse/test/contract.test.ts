import type { RuntimeV1 } from "@omg/core/runtime";
import { type ContractRule, testRuntime } from "@omg/runtime-testkit";
import { afterEach, describe, test } from "vitest";
import remoteRuntime from "../src/index.ts";
import { type Bridge, type BridgeKind, scriptedBridge } from "./support/scripted-bridge.ts";

const unseen: Partial<Record<ContractRule, string>> = {
  K5: "a remote server's environment is not ours",
  K6: "a remote server's stderr stays where it is",
  K11: "a remote server is not ours to stop: the conversation ends, and the server lives on",
  K16: "every call has a connection of its own, and connections overtake each other",
};

const subjects: [BridgeKind, name: string][] = [
  ["streamable-http", "remote-sse"],
  ["streamable-http", "remote"],
  ["sse", "remote-sse"],
  ["sse", "remote"],
];

describe.each(subjects)("runtime-sse keeps the contract over %s as %s", (kind, name) => {
  const bridges: Bridge[] = [];
  afterEach(async () => {
    for (const bridge of bridges.splice(0)) await bridge[Symbol.asyncDispose]();
  });
  testRuntime(
    {
      createRuntime: () => remoteRuntime().find((runtime) => runtime.name === name) as RuntimeV1,
      async server(script) {
        const bridge = await scriptedBridge(script, kind);
        bridges.push(bridge);
        return { url: bridge.url, allow_private_network: true };
      },
      brokenServer: () => ({
        options: { url: "http://127.0.0.1:1/mcp", allow_private_network: true },
        message: /127\.0\.0\.1:1\/mcp can not be reached \(ECONNREFUSED\)/,
      }),
      badOptions: () => ({ options: { url: "ftp://example.com" }, key: "url" }),
      leftovers: async () => bridges.flatMap((bridge) => bridge.left()),
      skip: unseen,
    },
    { test },
  );
});

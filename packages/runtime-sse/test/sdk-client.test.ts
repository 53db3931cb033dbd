import { Client } from "@modelcontextprotocol/sdk/client/index.js";
import type { Transport } from "@modelcontextprotocol/sdk/shared/transport.js";
import { scriptedServer } from "@omg/runtime-testkit";
import { expect, test } from "vitest";
import { scriptedBridge } from "./support/scripted-bridge.ts";
import { startRemote } from "./support/start-request.ts";

test.each(["streamable-http", "sse"] as const)(
  "a client of the official SDK talks through the instance's transport over %s",
  async (kind) => {
    await using bridge = await scriptedBridge(scriptedServer(), kind);
    await using instance = await startRemote({ url: bridge.url });
    const transport: Transport = instance.transport;
    const client = new Client({ name: "tested", version: "1" });
    await client.connect(transport);
    expect(client.getServerVersion()).toMatchObject({ name: "scripted" });
    expect((await client.listTools()).tools.map(({ name }) => name)).toContain("echo");
    const answer = await client.callTool({ name: "echo", arguments: { text: "hello" } });
    expect(answer.content).toEqual([{ type: "text", text: "hello" }]);
    await client.close();
    await instance[Symbol.asyncDispose]();
    expect((await instance.exited).reason).toBe("stopped");
  },
);

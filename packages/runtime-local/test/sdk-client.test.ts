import { Client } from "@modelcontextprotocol/sdk/client/index.js";
import type { Transport } from "@modelcontextprotocol/sdk/shared/transport.js";
import { scriptedServer } from "@omg/runtime-testkit";
import { expect, test } from "vitest";
import localRuntime from "../src/index.ts";
import { startRequest } from "./helpers.ts";

test("a client of the official SDK talks through the instance's transport", async () => {
  await using runtime = localRuntime();
  const options = { command: process.execPath, args: [scriptedServer().file] };
  const instance = await runtime.start(startRequest(options));
  const transport: Transport = instance.transport;
  const client = new Client({ name: "tested", version: "1" });
  await client.connect(transport);
  expect(client.getServerVersion()).toMatchObject({ name: "scripted" });
  expect((await client.listTools()).tools.map(({ name }) => name)).toContain("echo");
  const answer = await client.callTool({ name: "echo", arguments: { text: "hello" } });
  expect(answer.content).toEqual([{ type: "text", text: "hello" }]);
  await client.close();
  expect((await instance.exited).reason).toBe("stopped");
});

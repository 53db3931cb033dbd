import { InMemoryTransport } from "@modelcontextprotocol/sdk/inMemory.js";
import { createGateway, type RuntimeV1, type Transport } from "@omg/core";
import { onTestFinished } from "vitest";
import { type Tool, toolServer } from "./tool-server.ts";

/** A gateway of core for one client, in front of one server of SDK 1.x, named `tools`. */
export async function coreGateway(tools: Record<string, Tool>) {
  const server = toolServer(tools);
  const runtime: RuntimeV1 = {
    specVersion: "v1",
    name: "memory",
    options: { "~standard": { version: 1, vendor: "test", validate: (value) => ({ value }) } },
    async start() {
      const [ours, theirs] = InMemoryTransport.createLinkedPair();
      const exited = Promise.withResolvers<{ reason: "stopped"; detail: string }>();
      await server.connect(theirs);
      return {
        id: "1",
        transport: ours as Transport,
        exited: exited.promise,
        async [Symbol.asyncDispose]() {
          await server.close();
          exited.resolve({ reason: "stopped", detail: "stopped" });
        },
      };
    },
  };
  const servers = [{ id: "tools", runtime: { type: "memory" }, scope: "session" as const }];
  const gateway = await createGateway({ config: { servers }, runtimes: [runtime] });
  onTestFinished(() => gateway[Symbol.asyncDispose]());
  return { gateway, server };
}

import { InMemoryTransport } from "@modelcontextprotocol/sdk/inMemory.js";
import { Server } from "@modelcontextprotocol/sdk/server/index.js";
import { CallToolRequestSchema, ListToolsRequestSchema } from "@modelcontextprotocol/sdk/types.js";
import { createGateway, type GatewayEvent, type RuntimeV1 } from "@omg/core";
import { onTestFinished } from "vitest";

const tools = ["echo", "slow"].map((name) => ({ name, inputSchema: { type: "object" as const } }));

/** A gateway of core in front of one server of SDK 1.x, `pg`, whose tool `slow` answers once it is released. */
export async function coreGateway() {
  const events: GatewayEvent[] = [];
  const release = Promise.withResolvers<void>();
  const called = Promise.withResolvers<void>();
  const servers = [{ id: "pg", runtime: { type: "memory" } }];
  const runtimes = [
    memoryRuntime(async (name) => {
      if (name !== "slow") return;
      called.resolve();
      await release.promise;
    }),
  ];
  const onEvent = (event: GatewayEvent) => events.push(event);
  const gateway = await createGateway({ config: { servers }, runtimes, onEvent });
  onTestFinished(() => gateway[Symbol.asyncDispose]());
  return { gateway, events, release: release.resolve, called: called.promise };
}

/** Runs servers in this process. */
function memoryRuntime(onCall: (name: string) => Promise<void>): RuntimeV1 {
  return {
    specVersion: "v1",
    name: "memory",
    options: { "~standard": { version: 1, vendor: "test", validate: (value) => ({ value }) } },
    async start() {
      const server = new Server({ name: "memory", version: "1" }, { capabilities: { tools: {} } });
      server.setRequestHandler(ListToolsRequestSchema, () => ({ tools }));
      server.setRequestHandler(CallToolRequestSchema, async ({ params: { name, arguments: given } }) => {
        await onCall(name);
        return { content: [{ type: "text", text: JSON.stringify(given) }] };
      });
      const [ours, theirs] = InMemoryTransport.createLinkedPair();
      const exited = Promise.withResolvers<{ reason: "stopped"; detail: string }>();
      await server.connect(theirs);
      return {
        id: "1",
        transport: ours,
        exited: exited.promise,
        async [Symbol.asyncDispose]() {
          await server.close();
          exited.resolve({ reason: "stopped", detail: "stopped" });
        },
      };
    },
  };
}

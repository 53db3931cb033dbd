import type { Transport } from "@modelcontextprotocol/sdk/shared/transport.js";
import { TestClient } from "../../clients/test-client.ts";
import type { EraClient } from "./era-client.ts";

/** The client of SDK 1.x. */
export async function connectLegacy(
  transport: Transport,
  toolName: (own: string) => string,
): Promise<EraClient> {
  const client = await TestClient.connect(transport, { toolName });
  const { sdk } = client;
  return {
    introduction: {
      name: sdk.getServerVersion()?.name,
      capabilities: { ...sdk.getServerCapabilities() },
      instructions: sdk.getInstructions(),
    },
    answers: client.answers,
    call: (...args) => client.call(...args),
    result: (...args) => client.result(...args),
    request: (...args) => client.request(...args),
    async wantLogs(level) {
      await client.request("logging/setLevel", { level });
    },
    async watch(uri) {
      await sdk.subscribeResource({ uri });
      return { [Symbol.asyncDispose]: async () => void (await sdk.unsubscribeResource({ uri })) };
    },
    heard: (...args) => client.heard(...args),
    hears: (...args) => client.hears(...args),
    hearsMore: (...args) => client.hearsMore(...args),
    [Symbol.asyncDispose]: () => client[Symbol.asyncDispose](),
  };
}

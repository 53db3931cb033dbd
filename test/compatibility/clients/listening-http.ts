import { StreamableHTTPClientTransport } from "@modelcontextprotocol/sdk/client/streamableHttp.js";
import type { Transport } from "@modelcontextprotocol/sdk/shared/transport.js";

/** A transport, and when its client can hear what belongs to none of its requests: the SDK does not say. */
export function listeningHttp(url: URL): { transport: Transport; listening: Promise<void> } {
  const listening = Promise.withResolvers<void>();
  const transport = new StreamableHTTPClientTransport(url, {
    async fetch(input, init) {
      const response = await fetch(input, init);
      if (init?.method === "GET") listening.resolve();
      return response;
    },
  });
  // Its types do not agree with each other under exactOptionalPropertyTypes.
  return { transport: transport as Transport, listening: listening.promise };
}

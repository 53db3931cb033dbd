import { Client } from "@modelcontextprotocol/sdk/client/index.js";
import { StreamableHTTPClientTransport } from "@modelcontextprotocol/sdk/client/streamableHttp.js";

export interface PlayAuthOptions {
  /** Of the gateway. */
  readonly url: string;
  /** Logs the gateway in. */
  readonly login: () => Promise<void>;
  readonly signal: AbortSignal;
}

/** A person who is told to log in again and again gives up. */
const maxLogins = 3;

/** Lists and calls through a gateway that must log in, and logs in whenever it asks for that. */
export async function playAuthClient({ url, login, signal }: PlayAuthOptions): Promise<void> {
  let logins = 0;
  const withLogin = async <T>(step: () => Promise<T>): Promise<T> => {
    for (;;) {
      try {
        return await step();
      } catch (error) {
        if (!String(error).includes("omg login") || logins >= maxLogins) throw error;
        logins++;
        await login();
      }
    }
  };
  const client = await withLogin(() => connect(url, signal));
  try {
    await withLogin(() => client.listTools({}, { signal }));
    await withLogin(() => client.callTool({ name: "test-tool", arguments: {} }, undefined, { signal }));
  } finally {
    await client.close();
  }
}

async function connect(url: string, signal: AbortSignal): Promise<Client> {
  const client = new Client({ name: "omg-conformance-client", version: "1.0.0" });
  const transport = new StreamableHTTPClientTransport(new URL(url));
  // The SDK declares properties that may be undefined in two ways, which only `exactOptionalPropertyTypes` tells apart.
  await client.connect(transport as Parameters<typeof client.connect>[0], { signal });
  return client;
}

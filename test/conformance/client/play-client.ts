import { Client } from "@modelcontextprotocol/sdk/client/index.js";
import { StreamableHTTPClientTransport } from "@modelcontextprotocol/sdk/client/streamableHttp.js";
import { ElicitRequestSchema } from "@modelcontextprotocol/sdk/types.js";

export interface PlayOptions {
  readonly url: string;
  readonly signal: AbortSignal;
}

/** Does what a scenario of the suite expects of a client. Rejects if the server does not answer. */
export async function playClient(scenario: string, { url, signal }: PlayOptions): Promise<void> {
  const play = plays[scenario];
  if (!play) throw new Error(`The suite has a new scenario: ${scenario}`);
  const client = new Client(
    { name: "omg-conformance-client", version: "1.0.0" },
    { capabilities: { elicitation: { form: { applyDefaults: true } } } },
  );
  // The user agrees and fills nothing in, so the defaults are what counts.
  client.setRequestHandler(ElicitRequestSchema, () => ({ action: "accept", content: {} }));
  const transport = new StreamableHTTPClientTransport(new URL(url));
  // The SDK declares properties that may be undefined in two ways, which only `exactOptionalPropertyTypes` tells apart.
  await client.connect(transport as Parameters<typeof client.connect>[0], { signal });
  try {
    await play(client, signal);
  } finally {
    await client.close();
  }
}

type Play = (client: Client, signal: AbortSignal) => Promise<void>;

const plays: Readonly<Record<string, Play>> = {
  async initialize(client, signal) {
    await client.listTools({}, { signal });
  },
  async tools_call(client, signal) {
    await client.listTools({}, { signal });
    await call(client, "add_numbers", { a: 5, b: 3 }, signal);
  },
  "elicitation-sep1034-client-defaults": (client, signal) =>
    call(client, "test_client_elicitation_defaults", {}, signal),
  "sse-retry": (client, signal) => call(client, "test_reconnection", {}, signal),
  async "json-schema-2020-12-preservation"(client, signal) {
    const { tools } = await client.listTools({}, { signal });
    const schema = tools.find(({ name }) => name === "json_schema_2020_12_tool")?.inputSchema;
    await call(client, "json_schema_echo", { schema }, signal);
  },
};

async function call(
  client: Client,
  name: string,
  args: Readonly<Record<string, unknown>>,
  signal: AbortSignal,
): Promise<void> {
  const { isError, content } = await client.callTool({ name, arguments: args }, undefined, { signal });
  if (isError) throw new Error(`${name} failed: ${JSON.stringify(content)}`);
}

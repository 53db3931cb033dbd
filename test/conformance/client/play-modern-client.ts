import { Client, StreamableHTTPClientTransport } from "@modelcontextprotocol/client";
import type { PlayOptions } from "./play-client.ts";

const revision = "2026-07-28";

/** Does what a scenario of the suite of 2026-07-28 expects of a client. Rejects if the server does not answer. */
export async function playModernClient(scenario: string, { url, signal }: PlayOptions): Promise<void> {
  const play = plays[scenario];
  if (!play) throw new Error(`The suite has a new scenario: ${scenario}`);
  const client = new Client(
    { name: "omg-conformance-client", version: "1.0.0" },
    {
      capabilities: { elicitation: {}, sampling: {}, roots: {} },
      versionNegotiation: { mode: { pin: revision } },
    },
  );
  client.setRequestHandler("elicitation/create", () => ({ action: "accept", content: { confirmed: true } }));
  await client.connect(new StreamableHTTPClientTransport(new URL(url)), { signal });
  try {
    await play(client, signal);
  } finally {
    await client.close();
  }
}

type Play = (client: Client, signal: AbortSignal) => Promise<void>;

const plays: Readonly<Record<string, Play>> = {
  async tools_call(client, signal) {
    await client.listTools({}, { signal });
    await call(client, "add_numbers", { a: 5, b: 3 }, signal);
  },
  async "request-metadata"(client, signal) {
    await client.listTools({}, { signal });
  },
  async "sep-2322-client-request-state"(client, signal) {
    await client.listTools({}, { signal });
    // One of them while the other's questions are open.
    await Promise.all([
      call(client, "test_mrtr_echo_state", {}, signal),
      call(client, "test_mrtr_unrelated", {}, signal),
    ]);
    await call(client, "test_mrtr_no_state", {}, signal);
    // The SDK refuses a result that does not say its type; all that the suite wants is that nothing is tried again.
    await call(client, "test_mrtr_no_result_type", {}, signal).catch(expectNoType);
  },
  async "http-standard-headers"(client, signal) {
    const { tools } = await client.listTools({}, { signal });
    for (const { name } of tools) await call(client, name, {}, signal);
    const { resources } = await client.listResources({}, { signal });
    for (const { uri } of resources) await client.readResource({ uri }, { signal });
    const { prompts } = await client.listPrompts({}, { signal });
    for (const { name } of prompts) await client.getPrompt({ name }, { signal });
  },
  async "http-custom-headers"(client, signal) {
    await client.listTools({}, { signal });
    const { toolCalls } = JSON.parse(process.env.MCP_CONFORMANCE_CONTEXT ?? "{}") as Context;
    for (const toolCall of toolCalls) await call(client, toolCall.name, toolCall.arguments, signal);
  },
  async "http-invalid-tool-headers"(client, signal) {
    // Those that a client must not offer are not on the list.
    const { tools } = await client.listTools({}, { signal });
    for (const { name } of tools) await call(client, name, { region: "us-west1" }, signal);
  },
  async "json-schema-ref-no-deref"(client, signal) {
    await client.listTools({}, { signal });
  },
  async "json-schema-2020-12-preservation"(client, signal) {
    const { tools } = await client.listTools({}, { signal });
    const schema = tools.find(({ name }) => name === "json_schema_2020_12_tool")?.inputSchema;
    await call(client, "json_schema_echo", { schema }, signal);
  },
};

function expectNoType(error: Error): void {
  if (!error.message.includes("resultType")) throw error;
}

/** What the suite tells the client to do. */
interface Context {
  readonly toolCalls: readonly { readonly name: string; readonly arguments: Arguments }[];
}

type Arguments = Readonly<Record<string, unknown>>;

async function call(client: Client, name: string, args: Arguments, signal: AbortSignal): Promise<void> {
  const { isError, content } = await client.callTool({ name, arguments: args }, { signal });
  if (isError) throw new Error(`${name} failed: ${JSON.stringify(content)}`);
}

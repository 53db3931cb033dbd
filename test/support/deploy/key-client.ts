import { Client, StreamableHTTPClientTransport } from "@modelcontextprotocol/client";

/** A key as users choose one. */
export const apiKey = "a-key-for-tests-6f1c0a7d9e";

/** A client of the SDK that brings the key. `onToolsChanged` hears each time that the gateway says so. */
export async function connectWithKey(url: string, onToolsChanged = () => {}): Promise<Client> {
  const client = new Client({ name: "deploy-test", version: "1.0.0" });
  client.setNotificationHandler("notifications/tools/list_changed", onToolsChanged);
  const requestInit = { headers: { "X-API-Key": apiKey } };
  await client.connect(new StreamableHTTPClientTransport(new URL("/mcp", url), { requestInit }));
  return client;
}

/** The text that the tool `echo` of a server answers with. */
export async function echo(client: Client, server: string, message: string): Promise<string> {
  const { content } = await client.callTool({ name: `${server}__echo`, arguments: { message } });
  const [first] = content as { readonly text?: string }[];
  return first?.text ?? JSON.stringify(content);
}

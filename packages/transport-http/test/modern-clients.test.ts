import { Client, StreamableHTTPClientTransport } from "@modelcontextprotocol/client";
import {
  type ExchangeOptions,
  errorFrame,
  type Frame,
  notificationFrame,
  OmgError,
  resultFrame,
} from "@omg/core";
import { describe, expect, it, onTestFinished } from "vitest";
import { served } from "./support/http.ts";
import { version } from "./support/modern.ts";

const subscriptionId = "io.modelcontextprotocol/subscriptionId";
const region = { type: "string", "x-mcp-header": "Region" };
const tools = [
  { name: "echo", inputSchema: { type: "object" } },
  { name: "zwölf", inputSchema: { type: "object", properties: { region } } },
  { name: "slow", inputSchema: { type: "object" } },
];
const cached = { resultType: "complete", ttlMs: 0, cacheScope: "private" };
const results: Record<string, object> = {
  "server/discover": {
    ...cached,
    supportedVersions: [version],
    capabilities: { tools: { listChanged: true } },
    _meta: { "io.modelcontextprotocol/serverInfo": { name: "stub", version: "1" } },
  },
  "tools/list": { ...cached, tools },
};

/** A client of SDK 2.x that has connected to a gateway of one server. */
async function connected(mode: "auto" | { pin: string }, { apiKey }: { apiKey?: string } = {}) {
  const { url, gateway } = await served({ apiKey });
  const slow = Promise.withResolvers<ExchangeOptions>();
  const listening = Promise.withResolvers<ExchangeOptions & { end(): void }>();
  gateway.answerExchange = async (frame, options) => {
    const { id = 0, method = "", name, token } = frame.head;
    const result = (value: object) => resultFrame(id, JSON.stringify(value));
    if (results[method]) return result(results[method]);
    if (method === "subscriptions/listen") {
      const answer = Promise.withResolvers<Frame>();
      const _meta = { [subscriptionId]: id };
      const acknowledged = { _meta, notifications: { toolsListChanged: true } };
      options.tell(notificationFrame("notifications/subscriptions/acknowledged", acknowledged));
      const end = () => answer.resolve(result({ resultType: "complete", _meta }));
      listening.resolve({ ...options, tell: options.tell, end });
      return answer.promise;
    }
    if (method !== "tools/call") return errorFrame(id, new OmgError("method_not_found", { message: "No" }));
    if (name === "slow") {
      slow.resolve({ ...options, tell: options.tell });
      return new Promise<Frame>(() => {});
    }
    if (token !== undefined) {
      options.tell(notificationFrame("notifications/progress", { progressToken: token, progress: 1 }));
    }
    return result({ resultType: "complete", content: [{ type: "text", text: name }] });
  };
  const requestInit = { headers: { authorization: `Bearer ${apiKey}` } };
  const client = new Client({ name: "test", version: "1" }, { versionNegotiation: { mode } });
  const faults: Error[] = [];
  client.onerror = (error) => faults.push(error);
  const transport = new StreamableHTTPClientTransport(new URL(`${url}/servers/pg/mcp`), { requestInit });
  await client.connect(transport);
  onTestFinished(() => client.close());
  return { client, gateway, faults, slow: slow.promise, listening: listening.promise };
}

describe.each(["auto", { pin: version }] as const)("a client of SDK 2.x in mode %j", (mode) => {
  it("lists and calls tools without a session", async () => {
    const { client, gateway, faults } = await connected(mode, { apiKey: "k" });
    expect(client.getServerVersion()).toMatchObject({ name: "stub" });
    expect((await client.listTools()).tools.map(({ name }) => name)).toEqual(["echo", "zwölf", "slow"]);
    const call = await client.callTool({ name: "zwölf", arguments: { region: " ö " } });
    expect(call.content).toEqual([{ type: "text", text: "zwölf" }]);
    expect(gateway.exchanges.at(-1)?.options.headers).toEqual({ "Mcp-Param-Region": "=?base64?IMO2IA==?=" });
    expect([gateway.sessions, faults]).toEqual([[], []]);
  });

  it("gets progress before its answer", async () => {
    const { client, faults } = await connected(mode);
    const seen: unknown[] = [];
    const call = await client.callTool(
      { name: "echo" },
      { onprogress: ({ progress }) => seen.push(progress) },
    );
    expect([call.content, seen, faults]).toEqual([[{ type: "text", text: "echo" }], [1], []]);
  });

  it("cancels a call", async () => {
    const { client, slow, faults } = await connected(mode);
    const leaving = new AbortController();
    const call = client
      .callTool({ name: "slow" }, { signal: leaving.signal })
      .catch((error: unknown) => error);
    const { signal } = await slow;
    const aborted = new Promise((resolve) => signal.addEventListener("abort", resolve));
    leaving.abort();
    await aborted;
    expect(await call).toBeInstanceOf(Error);
    expect(faults).toEqual([]);
  });

  it("hears of changes until it is told that there will be no more", async () => {
    const { client, listening, faults } = await connected(mode);
    const heard = Promise.withResolvers<void>();
    client.setNotificationHandler("notifications/tools/list_changed", () => heard.resolve());
    const opening = client.listen({ toolsListChanged: true });
    const { tell, end } = await listening;
    const subscription = await opening;
    expect(subscription.honoredFilter).toEqual({ toolsListChanged: true });
    tell(notificationFrame("notifications/tools/list_changed"));
    await heard.promise;
    end();
    expect([await subscription.closed, faults]).toEqual(["graceful", []]);
  });

  it("stops hearing of changes", async () => {
    const { client, listening, faults } = await connected(mode);
    const opening = client.listen({ toolsListChanged: true });
    const { signal } = await listening;
    const subscription = await opening;
    const aborted = new Promise((resolve) => signal.addEventListener("abort", resolve));
    await subscription.close();
    await aborted;
    expect([await subscription.closed, faults]).toEqual(["local", []]);
  });
});

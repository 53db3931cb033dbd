import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { ServerConfig } from "../../packages/core/src/config/types.ts";
import { createGateway } from "../../packages/core/src/gateway/create-gateway.ts";
import type { Gateway } from "../../packages/core/src/gateway/types.ts";
import type { JsonRpcMessage, Params } from "../../packages/core/src/runtime/transport.ts";
import { TestClient } from "../../packages/core/test/support/test-client.ts";
import createLocalRuntime from "../../packages/runtime-local/src/index.ts";
import createRemoteRuntimes from "../../packages/runtime-sse/src/index.ts";
import { watchedUri } from "../conformance/server/resources.ts";
import { serveOverModernHttp } from "../conformance/server/serve-modern-http.ts";

const program = fileURLToPath(new URL("stdio-server.ts", import.meta.url));
const capabilities = { elicitation: { form: {} }, sampling: {}, roots: {} };

type Question = JsonRpcMessage & { id: number; method: string };

/** How the server of the official SDK is run, 2026-07-28 only. */
const places: Record<string, () => Promise<{ runtime: ServerConfig["runtime"] } & AsyncDisposable>> = {
  async "over stdio"() {
    return {
      runtime: { type: "local-process", command: process.execPath, args: [program] },
      async [Symbol.asyncDispose]() {},
    };
  },
  async "over HTTP"() {
    const server = await serveOverModernHttp();
    const url = `http://127.0.0.1:${server.port}/mcp`;
    return {
      runtime: { type: "remote-sse", url, allow_private_network: true },
      [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
    };
  },
};

describe.each(Object.entries(places))(
  "a real modern server %s, for clients of the legacy era",
  (_how, serve) => {
    let gateway: Gateway;
    let stop = async () => {};

    beforeAll(async () => {
      const { runtime, ...server } = await serve();
      gateway = await createGateway({
        config: { servers: [{ id: "a", runtime }] },
        runtimes: [createLocalRuntime(), createRemoteRuntimes()].flat(),
        hostEnv: { PATH: process.env.PATH },
      });
      stop = async () => {
        await gateway[Symbol.asyncDispose]();
        await server[Symbol.asyncDispose]();
      };
    });

    afterAll(() => stop());

    const connect = async (server?: string) => {
      const client = await TestClient.connect(gateway, server);
      const introduction = await client.result("initialize", {
        protocolVersion: "2025-11-25",
        capabilities,
        clientInfo: { name: "t", version: "1" },
      });
      client.notify("notifications/initialized");
      return { client, introduction };
    };

    test("is introduced, listed and called", async () => {
      const { client, introduction } = await connect("a");
      expect(introduction).toMatchObject({
        protocolVersion: "2025-11-25",
        serverInfo: { name: "omg-conformance" },
        capabilities: { resources: { subscribe: true } },
      });
      const { tools } = (await client.result("tools/list")) as { tools: { name: string }[] };
      expect(tools.map(({ name }) => name)).toContain("test_simple_text");
      expect(await client.call("test_simple_text")).not.toBe("");
      const { client: other } = await connect();
      await other.result("tools/list");
      expect(await other.call("a__test_simple_text")).not.toBe("");
      expect((await other.result("resources/read", { uri: watchedUri })).contents).toHaveLength(1);
    });

    test("gets the headers that a tool wants for its arguments", async () => {
      const { client } = await connect("a");
      expect(await client.call("test_header_argument", { region: "Zürich" })).toContain("Zürich");
    });

    test("reports progress and logs as it was asked to", async () => {
      const { client } = await connect("a");
      await client.result("tools/call", { name: "test_tool_with_progress", _meta: { progressToken: "p" } });
      expect((await client.heard("notifications/progress")).params).toMatchObject({ progressToken: "p" });
      await client.call("test_tool_with_logging");
      expect(client.received).not.toContainEqual(
        expect.objectContaining({ method: "notifications/message" }),
      );
      await client.result("logging/setLevel", { level: "debug" });
      await client.call("test_tool_with_logging");
      expect((await client.heard("notifications/message")).params).toMatchObject({ level: "info" });
    });

    test.each([
      [
        "test_elicitation",
        "elicitation/create",
        { action: "accept", content: { username: "u", email: "e@x" } },
      ],
      [
        "test_sampling",
        "sampling/createMessage",
        { role: "assistant", content: { type: "text", text: "sampled" }, model: "m" },
      ],
    ])("%s asks the client for real", async (tool, method, answer: Params) => {
      const { client } = await connect("a");
      const args = { message: "Who?", prompt: "Say" };
      const result = client.result("tools/call", { name: tool, arguments: args });
      const question = (await client.heard(method)) as unknown as Question;
      await client.answer(question, answer);
      expect(JSON.stringify(await result)).toMatch(/accept|sampled/);
    });

    test("does nothing before the client has agreed", async () => {
      const { client } = await connect("a");
      const before = JSON.parse(await client.call("test_count")) as { done: number };
      const answer = client.call("test_counted_elicitation");
      const question = (await client.heard("elicitation/create")) as unknown as Question;
      await client.answer(question, { action: "decline" });
      expect(await answer).toBe(`decline: ${before.done}`);
    });

    test("tells of changes of its lists and resources", async () => {
      const { client } = await connect("a");
      await client.result("tools/list");
      await client.call("test_trigger_tool_change");
      await client.heard("notifications/tools/list_changed");
      expect(await client.result("resources/subscribe", { uri: watchedUri })).toEqual({});
      await client.call("test_resource_update");
      expect((await client.heard("notifications/resources/updated")).params).toMatchObject({
        uri: watchedUri,
      });
      expect(await client.result("resources/unsubscribe", { uri: watchedUri })).toEqual({});
    });
  },
);

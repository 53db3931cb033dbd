import { execFile } from "node:child_process";
import { createRequire } from "node:module";
import { join } from "node:path";
import { promisify } from "node:util";
import {
  Client as ModernLineClient,
  StreamableHTTPClientTransport as ModernLineHttp,
} from "@modelcontextprotocol/client";
import { StdioClientTransport as ModernLineStdio } from "@modelcontextprotocol/client/stdio";
import { Client } from "@modelcontextprotocol/sdk/client/index.js";
import { StdioClientTransport } from "@modelcontextprotocol/sdk/client/stdio.js";
import { StreamableHTTPClientTransport } from "@modelcontextprotocol/sdk/client/streamableHttp.js";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { bins, quickStart, RunningGateway, Sandbox } from "./support/omg.ts";

const execute = promisify(execFile);
const config = join(quickStart, "config.yaml");
const info = { name: "test", version: "1" };
const sandbox = new Sandbox();
let gateway: RunningGateway;

beforeAll(async () => {
  gateway = await RunningGateway.start(sandbox, ["--config", config]);
  // A client's first list waits three seconds at most; a busy machine may need longer to start three servers.
  const ids = ["everything", "filesystem", "memory"];
  await Promise.all(ids.map((id) => fetch(`${gateway.url}/servers/${id}/start`, { method: "POST" })));
}, 60_000);

afterAll(async () => {
  await gateway[Symbol.asyncDispose]();
  sandbox[Symbol.dispose]();
});

/** The part of both SDK lines' clients that the tests use. */
interface AnyClient {
  connect(transport: never): Promise<void>;
  listTools(): Promise<{ tools: { name: string }[] }>;
  callTool(params: { name: string; arguments: Record<string, unknown> }): Promise<unknown>;
  close(): Promise<void>;
}

const stdioArgs = (...more: string[]) => ({
  command: process.execPath,
  args: [bins.omg, "stdio", "--config", config, ...more],
  env: sandbox.env as Record<string, string>,
});
const lines = {
  "SDK 1.x": {
    client: (): AnyClient => new Client(info),
    http: (path: string) => new StreamableHTTPClientTransport(new URL(path, gateway.url)),
    stdio: (...more: string[]) => new StdioClientTransport(stdioArgs(...more)),
  },
  "SDK 2.x": {
    client: (): AnyClient => new ModernLineClient(info),
    http: (path: string) => new ModernLineHttp(new URL(path, gateway.url)),
    stdio: (...more: string[]) => new ModernLineStdio(stdioArgs(...more)),
  },
};

describe.each(Object.entries(lines))("%s", (_, line) => {
  test("lists all servers' tools and calls them over streamable HTTP", async () => {
    await useAll(line.client(), line.http("/mcp"));
  });

  test("lists and calls one server's tools, unrenamed, over streamable HTTP", async () => {
    await useOne(line.client(), line.http("/servers/everything/mcp"));
  });

  test("lists and calls all servers' tools over stdio", async () => {
    await useAll(line.client(), line.stdio());
  }, 60_000);

  test("lists and calls one server's tools over stdio", async () => {
    await useOne(line.client(), line.stdio("--server", "everything"));
  });

  test("lists and calls through a stdio bridge to the running gateway", async () => {
    await useOne(line.client(), line.stdio("--server", "everything", "--gateway", gateway.url));
    await useAll(line.client(), line.stdio("--gateway", gateway.url));
  });
});

describe("SDK 2.x in revision 2026-07-28, and no other", () => {
  const { http, stdio } = lines["SDK 2.x"];
  const client = (): AnyClient =>
    new ModernLineClient(info, { versionNegotiation: { mode: { pin: "2026-07-28" } } });

  test("lists and calls over streamable HTTP", async () => {
    await useAll(client(), http("/mcp"));
    await useOne(client(), http("/servers/everything/mcp"));
  });

  test("lists and calls through a stdio bridge to the running gateway", async () => {
    await useOne(client(), stdio("--server", "everything", "--gateway", gateway.url));
    await useAll(client(), stdio("--gateway", gateway.url));
  });
});

async function useAll(client: AnyClient, transport: unknown): Promise<void> {
  await client.connect(transport as never);
  let names: string[] = [];
  // Over stdio the servers start with this very list; those that are late are announced and listed again.
  do names = (await client.listTools()).tools.map(({ name }) => name);
  while (
    !["everything__", "filesystem__", "memory__"].every((prefix) =>
      names.some((name) => name.startsWith(prefix)),
    )
  );
  const result = await client.callTool({ name: "everything__get-sum", arguments: { a: 2, b: 40 } });
  expect(JSON.stringify(result)).toContain("42");
  await client.close();
}

async function useOne(client: AnyClient, transport: unknown): Promise<void> {
  await client.connect(transport as never);
  const { tools } = await client.listTools();
  expect(tools.map(({ name }) => name)).toContain("echo");
  const result = await client.callTool({ name: "echo", arguments: { message: "hello" } });
  expect(result).toMatchObject({ content: [{ type: "text", text: "Echo: hello" }] });
  await client.close();
}

describe("the MCP inspector's command line", () => {
  const { bin } = createRequire(import.meta.url)("@modelcontextprotocol/inspector/package.json");
  const packageFile = createRequire(import.meta.url).resolve("@modelcontextprotocol/inspector/package.json");
  const inspector = join(packageFile, "..", typeof bin === "string" ? bin : bin["mcp-inspector"]);
  const inspect = async (...args: string[]) => {
    const { stdout } = await execute(process.execPath, [inspector, "--cli", ...args], { env: sandbox.env });
    return JSON.parse(stdout);
  };

  test("lists over HTTP", async () => {
    const { tools } = await inspect(`${gateway.url}/mcp`, "--transport", "http", "--method", "tools/list");
    expect(tools.map((tool: { name: string }) => tool.name)).toContain("memory__read_graph");
  }, 60_000);

  test("calls over stdio", async () => {
    const command = [
      process.execPath,
      bins.stdio,
      "-c",
      join(quickStart, "catalog.yaml"),
      "-s",
      "everything",
    ];
    const call = ["--method", "tools/call", "--tool-name", "echo", "--tool-arg", "message=hi"];
    expect(JSON.stringify(await inspect(...command, ...call))).toContain("Echo: hi");
  }, 60_000);
});

describe("curl", () => {
  const curl = async (...args: string[]) => (await execute("curl", ["-s", ...args])).stdout;

  test("posts the original's envelope, with its content type and without", async () => {
    const body = '{"server_id": "everything", "method": "tools/list"}';
    for (const header of [["-H", "Content-Type: application/json"], []]) {
      const answer = JSON.parse(await curl("-X", "POST", `${gateway.url}/mcp`, ...header, "-d", body));
      expect(answer.result.tools.map((tool: { name: string }) => tool.name)).toContain("echo");
    }
  });

  test("sees health, servers and statistics", async () => {
    expect(JSON.parse(await curl(`${gateway.url}/health`))).toEqual({ status: "ok" });
    expect(JSON.parse(await curl(`${gateway.url}/servers?tag=files`))).toMatchObject([{ id: "filesystem" }]);
    expect(JSON.parse(await curl(`${gateway.url}/stats`))).toMatchObject({ total_servers: 3 });
  });
});

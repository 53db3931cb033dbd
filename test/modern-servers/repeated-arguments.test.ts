import { PassThrough } from "node:stream";
import { fileURLToPath } from "node:url";
import { Client } from "@modelcontextprotocol/client";
import { StdioServerTransport } from "@modelcontextprotocol/sdk/server/stdio.js";
import { describe, expect, onTestFinished, test } from "vitest";
import { createGateway } from "../../packages/core/src/gateway/create-gateway.ts";
import createLocalRuntime from "../../packages/runtime-local/src/index.ts";
import { serveHttp } from "../../packages/transport-http/src/index.ts";
import { bridgeStdio } from "../../packages/transport-stdio/src/index.ts";

const program = fileURLToPath(new URL("../conformance/server.ts", import.meta.url));
const version = "2026-07-28";
const name = "test_header_argument";
const _meta = {
  "io.modelcontextprotocol/protocolVersion": version,
  "io.modelcontextprotocol/clientCapabilities": {},
};

/** A real gateway over HTTP in front of a server of the official SDK over stdio. */
async function served(era: string) {
  const runtime = { type: "local-process", command: process.execPath, args: [program, "--era", era] };
  const gateway = await createGateway({
    config: { servers: [{ id: "a", runtime }] },
    runtimes: [createLocalRuntime()].flat(),
    hostEnv: { PATH: process.env.PATH },
  });
  const front = await serveHttp({ gateway, listen: [{ host: "127.0.0.1", port: 0 }] });
  onTestFinished(async () => {
    await front[Symbol.asyncDispose]();
    await gateway[Symbol.asyncDispose]();
  });
  return `http://127.0.0.1:${front.addresses[0]?.port}`;
}

/** A client of the official SDK behind the bridge. */
async function bridged(url: string) {
  const [input, output] = [new PassThrough(), new PassThrough()];
  const ended = bridgeStdio({ url, input, output });
  const client = new Client(
    { name: "test", version: "1" },
    { versionNegotiation: { mode: { pin: version } } },
  );
  onTestFinished(async () => {
    await client.close();
    input.end();
    await ended;
  });
  // The client's end of a pair of streams is what a server's end is.
  await client.connect(new StdioServerTransport(output, input));
  return client;
}

describe.each(["modern", "legacy"])(
  "a tool of a real %s server that wants an argument as a header",
  (era) => {
    test("is called through the bridge by the official SDK", async () => {
      const url = await served(era);
      const names = { "/servers/a/mcp": name, "/mcp": `a__${name}` };
      for (const [path, own] of Object.entries(names)) {
        const client = await bridged(url + path);
        expect((await client.listTools()).tools.map((tool) => tool.name)).toContain(own);
        const { content } = await client.callTool({ name: own, arguments: { region: "Zürich" } });
        expect(content).toMatchObject([{ text: expect.stringContaining("Zürich") }]);
      }
    });

    test("is called through the bridge by a client that has never listed it", async () => {
      const url = await served(era);
      const [input, output] = [new PassThrough(), new PassThrough()];
      const ended = bridgeStdio({ url: `${url}/servers/a/mcp`, input, output });
      const params = { name, arguments: { region: "r" }, _meta };
      input.end(`${JSON.stringify({ jsonrpc: "2.0", id: 1, method: "tools/call", params })}\n`);
      await ended;
      expect(JSON.parse(String(output.read()))).toMatchObject({ id: 1, result: { resultType: "complete" } });
    });

    test("is not called over HTTP without it", async () => {
      const url = await served(era);
      const _meta = {
        "io.modelcontextprotocol/protocolVersion": version,
        "io.modelcontextprotocol/clientCapabilities": {},
      };
      const name = "test_header_argument";
      const params = { name, arguments: { region: "r" }, _meta };
      const send = (own: Record<string, string>) =>
        fetch(`${url}/servers/a/mcp`, {
          method: "POST",
          headers: {
            accept: "application/json, text/event-stream",
            "content-type": "application/json",
            "mcp-protocol-version": version,
            "mcp-method": "tools/call",
            "mcp-name": name,
            ...own,
          },
          body: JSON.stringify({ jsonrpc: "2.0", id: 1, method: "tools/call", params }),
        });
      const refused = await send({});
      expect(refused.status).toBe(400);
      expect(await refused.json()).toMatchObject({ id: 1, error: { code: -32020 } });
      expect((await send({ "mcp-param-region": "r" })).status).toBe(200);
    });
  },
);

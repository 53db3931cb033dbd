import {
  Client as ClientV2,
  StreamableHTTPClientTransport as TransportV2,
} from "@modelcontextprotocol/client";
import { Client } from "@modelcontextprotocol/sdk/client/index.js";
import { StreamableHTTPClientTransport } from "@modelcontextprotocol/sdk/client/streamableHttp.js";
import { notificationFrame } from "@omg/core";
import { describe, expect, it, onTestFinished } from "vitest";
import { served } from "./support/http.ts";

const info = { name: "test", version: "1" };
const requestInit = { headers: { authorization: "Bearer k" } };

const lines = {
  "SDK 1.x": (url: URL) => {
    const client = new Client(info);
    const transport = new StreamableHTTPClientTransport(url, { requestInit });
    const connect = () => client.connect(transport as Parameters<typeof client.connect>[0]);
    const callSlow = (signal: AbortSignal) => client.callTool({ name: "slow" }, undefined, { signal });
    return { client, transport, connect, callSlow };
  },
  "SDK 2.x": (url: URL) => {
    const client = new ClientV2(info);
    const transport = new TransportV2(url, { requestInit });
    const callSlow = (signal: AbortSignal) => client.callTool({ name: "slow" }, { signal });
    return { client, transport, connect: () => client.connect(transport), callSlow };
  },
};

describe.each(Object.entries(lines))("a client of %s", (_, make) => {
  it.each(["/mcp", "/servers/pg/mcp"])("works at %s", async (path) => {
    const { url, gateway, front } = await served({ apiKey: "k" });
    const { client, transport, connect } = make(new URL(url + path));
    onTestFinished(() => client.close());
    await connect();
    expect((await client.listTools()).tools).toMatchObject([{ name: "echo" }]);
    const result = await client.callTool({ name: "echo", arguments: { x: 1 } });
    expect(JSON.stringify(result)).toContain('\\"x\\":1');
    const chatty = await client.callTool({ name: "chatty", arguments: {} });
    expect(chatty.content).toHaveLength(1);
    await transport.terminateSession();
    await gateway.session.closed;
    expect(front.counters()).toMatchObject({ sessions: 0, waiting: 0 });
  });

  it("hears what belongs to no request", async () => {
    const { url, gateway } = await served({ apiKey: "k" });
    const { client, connect } = make(new URL(`${url}/mcp`));
    onTestFinished(() => client.close());
    const heard = new Promise((resolve) => {
      client.fallbackNotificationHandler = async (notification) => resolve(notification.method);
    });
    await connect();
    await gateway.session.send(notificationFrame("notifications/tools/list_changed"));
    expect(await heard).toBe("notifications/tools/list_changed");
  });

  it("cancels a call, and goes on", async () => {
    const { url, gateway } = await served({ apiKey: "k" });
    const { client, connect, callSlow } = make(new URL(`${url}/mcp`));
    onTestFinished(() => client.close());
    const faults: Error[] = [];
    client.onerror = (error: Error) => faults.push(error);
    await connect();
    const abort = new AbortController();
    const arrived = gateway.next("tools/call");
    const cancelled = gateway.next("notifications/cancelled");
    const call = callSlow(abort.signal);
    await arrived;
    abort.abort(new Error("enough"));
    await expect(call).rejects.toThrow();
    await cancelled;
    expect((await client.callTool({ name: "echo", arguments: {} })).content).toHaveLength(1);
    expect(faults).toEqual([]);
  });
});

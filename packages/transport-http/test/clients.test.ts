import {
  Client as ClientV2,
  SSEClientTransport as SseTransportV2,
  StreamableHTTPClientTransport as TransportV2,
} from "@modelcontextprotocol/client";
import { Client } from "@modelcontextprotocol/sdk/client/index.js";
import { SSEClientTransport } from "@modelcontextprotocol/sdk/client/sse.js";
import { StreamableHTTPClientTransport } from "@modelcontextprotocol/sdk/client/streamableHttp.js";
import { ListRootsRequestSchema } from "@modelcontextprotocol/sdk/types.js";
import { errorFrame, type Frame, notificationFrame, OmgError, requestFrame, resultFrame } from "@omg/core";
import { describe, expect, it, onTestFinished } from "vitest";
import type { ServeOptions } from "../src/index.ts";
import { served, serverSide } from "./support/http.ts";

const info = { name: "test", version: "1" };
const capabilities = { roots: {} };
const roots = [{ uri: "file:///home" }];
const requestInit = { headers: { authorization: "Bearer k" } };

interface CallOptions {
  signal?: AbortSignal;
  onprogress?: (progress: unknown) => void;
}

function clientV1(make: (url: URL) => { close(): Promise<void> }, url: URL) {
  const client = new Client(info, { capabilities });
  client.setRequestHandler(ListRootsRequestSchema, () => ({ roots }));
  const transport = make(url) as Parameters<typeof client.connect>[0];
  const callSlow = (options: CallOptions) => client.callTool({ name: "slow" }, undefined, options);
  return { client, connect: () => client.connect(transport), callSlow };
}

function clientV2(make: (url: URL) => { close(): Promise<void> }, url: URL) {
  const client = new ClientV2(info, { capabilities });
  client.setRequestHandler("roots/list", () => ({ roots }));
  const transport = make(url) as Parameters<typeof client.connect>[0];
  const callSlow = (options: CallOptions) => client.callTool({ name: "slow" }, options);
  return { client, connect: () => client.connect(transport), callSlow };
}

const streamable = {
  "SDK 1.x": (url: URL) => clientV1((to) => new StreamableHTTPClientTransport(to, { requestInit }), url),
  "SDK 2.x": (url: URL) => clientV2((to) => new TransportV2(to, { requestInit }), url),
};

const legacy = {
  "SDK 1.x over HTTP+SSE": (url: URL) => clientV1((to) => new SSEClientTransport(to, { requestInit }), url),
  "SDK 2.x over HTTP+SSE": (url: URL) => clientV2((to) => new SseTransportV2(to, { requestInit }), url),
};

type MakeClient = (typeof streamable)[keyof typeof streamable];

/** A client that has connected, and its events. */
async function connected(make: MakeClient, options: Partial<ServeOptions> = {}, path = "/mcp") {
  const { url, gateway, front } = await served({ apiKey: "k", ...options });
  const { client, connect, callSlow } = make(new URL(url + path));
  onTestFinished(() => client.close());
  const faults: Error[] = [];
  client.onerror = (error: Error) => faults.push(error);
  const opened = path.endsWith("mcp") ? serverSide("GET", path) : undefined;
  await connect();
  const standalone = await opened;
  const { session } = gateway;
  const heard = () =>
    new Promise((resolve) => {
      client.fallbackNotificationHandler = async ({ method }) => resolve(method);
    });
  /** A call that waits, and a way to send its client progress. */
  const slow = async (more: CallOptions = {}) => {
    const arrived = gateway.next("tools/call");
    const response = serverSide("POST", path);
    let onprogress: CallOptions["onprogress"];
    const call = callSlow({ ...more, onprogress: (progress) => onprogress?.(progress) });
    call.catch(() => {});
    const { id = "", token } = (await arrived).head;
    const progressed = (progress: number) =>
      session.send(notificationFrame("notifications/progress", { progressToken: token, progress }), id);
    const seen = () =>
      new Promise((resolve) => {
        onprogress = resolve;
      });
    return { call, id, progressed, seen, response };
  };
  return { gateway, front, client, faults, session, standalone, heard, slow };
}

const listChanged = notificationFrame("notifications/tools/list_changed");

async function answerOf(next: Promise<Frame>): Promise<unknown> {
  return (await next).value();
}

const all = [
  ...Object.entries(streamable).map(([name, make]) => ({ name, make, path: "mcp" })),
  ...Object.entries(legacy).map(([name, make]) => ({ name, make, path: "sse" })),
];

describe.each(all)("a client of $name", ({ make, path }) => {
  it.each(["", "/servers/pg"])("works at %s", async (base) => {
    const { client } = await connected(make, {}, `${base}/${path}`);
    expect((await client.listTools()).tools).toMatchObject([{ name: "echo" }]);
    const result = await client.callTool({ name: "echo", arguments: { x: 1 } });
    expect(JSON.stringify(result)).toContain('\\"x\\":1');
    const chatty = await client.callTool({ name: "chatty", arguments: {} });
    expect(chatty.content).toHaveLength(1);
  });

  it("hears what belongs to no request", async () => {
    const { session, heard } = await connected(make, {}, `/${path}`);
    const method = heard();
    await session.send(listChanged);
    expect(await method).toBe("notifications/tools/list_changed");
  });

  it("is asked by the server, within a call and without one", async () => {
    const { session, gateway, slow } = await connected(make, {}, `/${path}`);
    let answer = answerOf(gateway.next(""));
    await session.send(requestFrame("free", "roots/list"));
    expect(await answer).toMatchObject({ id: "free", result: { roots } });
    const { call, id } = await slow();
    answer = answerOf(gateway.next(""));
    await session.send(requestFrame("bound", "roots/list"), id);
    expect(await answer).toMatchObject({ id: "bound", result: { roots } });
    await session.send(resultFrame(id, '{"content":[]}'));
    expect(await call).toMatchObject({ content: [] });
  });

  it("cancels a call, and goes on", async () => {
    const { client, gateway, faults, slow } = await connected(make, {}, `/${path}`);
    const abort = new AbortController();
    const { call } = await slow({ signal: abort.signal });
    const cancelled = gateway.next("notifications/cancelled");
    abort.abort(new Error("enough"));
    await expect(call).rejects.toThrow();
    await cancelled;
    expect((await client.callTool({ name: "echo", arguments: {} })).content).toHaveLength(1);
    expect(faults).toEqual([]);
  });

  it("leaves nothing behind", async () => {
    const { client, gateway, front } = await connected(make, {}, `/${path}`);
    const { transport } = client;
    if (transport !== undefined && "terminateSession" in transport)
      await (transport as StreamableHTTPClientTransport).terminateSession();
    else await client.close();
    await gateway.session.closed;
    expect(front.counters()).toMatchObject({ sessions: 0, waiting: 0 });
  });
});

describe.each(Object.entries(streamable))("a client of %s whose connection is cut", (name, make) => {
  const limits = { retryMs: 10 };

  it("during a call comes back by itself and gets its answer", async () => {
    const { session, heard, slow, front } = await connected(make, { limits });
    const { call, id, progressed, seen, response } = await slow();
    let progress = seen();
    await progressed(1);
    expect(await progress).toMatchObject({ progress: 1 });
    const back = serverSide("GET");
    progress = seen();
    (await response).socket?.destroy();
    await progressed(2);
    expect((await back).req.headers["last-event-id"]).toMatch(/^[\w-]{12}\.1\.\d$/);
    expect(await progress).toMatchObject({ progress: 2 });
    await session.send(resultFrame(id, '{"content":[{"type":"text","text":"late"}]}'));
    expect(await call).toMatchObject({ content: [{ text: "late" }] });
    expect(front.counters()).toMatchObject({ droppedFrames: 0, waiting: 0 });
    const method = heard();
    await session.send(listChanged);
    expect(await method).toBe("notifications/tools/list_changed");
  });

  it("outside of a call goes on with its event stream", async () => {
    const { session, heard, standalone } = await connected(make, { limits });
    let method = heard();
    await session.send(listChanged);
    await method;
    const back = serverSide("GET");
    standalone?.socket?.destroy();
    expect((await back).req.headers["last-event-id"]).toMatch(/^[\w-]{12}\.0\.\d$/);
    method = heard();
    await session.send(listChanged);
    expect(await method).toBe("notifications/tools/list_changed");
  });

  it("keeps its event stream when a call fails on a stream", async () => {
    const { session, heard, slow } = await connected(make, { limits });
    const { call, id, progressed } = await slow();
    await progressed(1);
    // SDK 1.x takes an error for no answer, and comes back for one.
    const back = name === "SDK 1.x" ? serverSide("GET") : undefined;
    await session.send(errorFrame(id, new OmgError("upstream_timeout", { message: "Too slow" })));
    await expect(call).rejects.toThrow("Too slow");
    expect((await back)?.statusCode ?? 204).toBe(204);
    const method = heard();
    await session.send(listChanged);
    expect(await method).toBe("notifications/tools/list_changed");
  });
});

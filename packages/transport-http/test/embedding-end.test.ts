import { once } from "node:events";
import { createServer } from "node:http";
import { requestFrame } from "@omg/core";
import express from "express";
import { describe, expect, it, onTestFinished } from "vitest";
import { createHttpHandler, type HandlerOptions } from "../src/index.ts";
import { coreGateway } from "./support/core-gateway.ts";
import {
  accept,
  call,
  connectRaw,
  open,
  openSession,
  readReply,
  serverSide,
  toolCall,
} from "./support/http.ts";
import { modernCall } from "./support/modern.ts";
import { embedded, listening, type Program } from "./support/programs.ts";
import { StubGateway, serverStatus } from "./support/stub-gateway.ts";

/** A call that waits in the gateway's server, and an event stream, both below `/gateway` of an Express app. */
async function busy() {
  const { gateway, events, release, called } = await coreGateway();
  const { front, url } = await embedded({ gateway });
  const mcp = `${url}/gateway/servers/pg/mcp`;
  const headers = await openSession(mcp, "2025-11-25");
  const stream = await open(mcp, { headers });
  const slow = call(mcp, { headers, body: toolCall(1, "slow") });
  slow.catch(() => {});
  await called;
  const own = async () => (await call(`${url}/own`, { body: { a: 1 } })).json;
  return { gateway, events, front, url, mcp, headers, stream, slow, release, own };
}

describe("a drain of a gateway in a program", () => {
  it("waits for the calls in flight, ends event streams, and leaves the program alone", async () => {
    const { front, url, stream, slow, release, own } = await busy();
    expect(front.counters()).toEqual({ sessions: 1, streams: 1, waiting: 1, droppedFrames: 0, refused: 0 });
    let drained = false;
    const drain = front.drain().then(() => {
      drained = true;
    });
    const ready = await call(`${url}/gateway/readyz`);
    expect([ready.status, ready.json.status]).toEqual([503, "draining"]);
    expect(await own()).toEqual({ got: { a: 1 } });
    expect(drained).toBe(false);
    release();
    expect((await slow).json.result.content).toHaveLength(1);
    await drain;
    await readReply(stream);
    expect(await own()).toEqual({ got: { a: 1 } });
  });
});

describe("a request whose client leaves before the program hands it over", () => {
  it.each(["POST /rpc", "POST /mcp", "GET /sse"])("leaves nothing behind: %s", async (line) => {
    const handed = Promise.withResolvers<void>();
    const program: Program = (handle) =>
      createServer(async (incoming, outgoing) => {
        await new Promise((resolve) => incoming.once("close", resolve));
        handle(incoming, outgoing);
        handed.resolve();
      });
    const { front, port } = await embedded({ program, principal: () => "ada" });
    const [method = "", path] = line.split(" ");
    const arrived = serverSide(method, path);
    const socket = connectRaw(port);
    const headers = [
      "Host: localhost",
      "X-Server-ID: pg",
      "Content-Type: application/json",
      "Content-Length: 9",
    ];
    socket.write(`${line} HTTP/1.1\r\n${headers.join("\r\n")}\r\n\r\n{`);
    await arrived;
    socket.destroy();
    await handed.promise;
    await front.drain();
    expect(front.counters()).toMatchObject({ sessions: 0, streams: 0, waiting: 0 });
  });
});

describe("the end of a gateway in a program", () => {
  it("ends its sessions and answers 503 from then on; program and gateway live on", async () => {
    const { gateway, events, front, url, mcp, headers, stream, slow, release, own } = await busy();
    await front[Symbol.asyncDispose]();
    await readReply(stream);
    expect((await slow).json.error.data.reason).toBe("cancelled");
    expect(events.filter(({ type }) => type === "session-end")).toHaveLength(1);
    expect(front.counters()).toMatchObject({ sessions: 0, streams: 0, waiting: 0 });
    for (const [address, method] of [[mcp, "POST"] as const, [`${url}/gateway/health`, "GET"] as const]) {
      const body = method === "POST" ? toolCall(2, "echo") : undefined;
      const refused = await call(address, { method, headers, body });
      expect([refused.status, refused.json.reason]).toEqual([503, "draining"]);
    }
    expect(await own()).toEqual({ got: { a: 1 } });
    release();
    const answer = await gateway.request(
      "pg",
      requestFrame(1, "tools/call", { name: "echo", arguments: {} }),
    );
    expect(answer.head.kind).toBe("result");
  });

  it("breaks off calls without a session, and cancels them", async () => {
    const gateway = new StubGateway(serverStatus("pg"));
    const asked = Promise.withResolvers<AbortSignal>();
    gateway.answerExchange = async (_, { signal }) => {
      asked.resolve(signal);
      await once(signal, "abort");
      throw signal.reason;
    };
    const { front, url } = await embedded({ gateway });
    const waiting = call(`${url}/gateway/mcp`, modernCall("slow"));
    const broken = expect(waiting).rejects.toThrow("socket hang up");
    const signal = await asked.promise;
    await front[Symbol.asyncDispose]();
    await broken;
    expect(signal.aborted).toBe(true);
  });

  it("happens once, however often it is asked for", async () => {
    const { front } = await embedded();
    const first = front[Symbol.asyncDispose]();
    expect(front[Symbol.asyncDispose]()).toBe(first);
    await first;
  });
});

describe("two gateways in one program", () => {
  it("have sessions and keys of their own, and one may end without the other", async () => {
    const app = express();
    const fronts = ["a", "b"].map((name) => {
      const options: HandlerOptions = { gateway: new StubGateway(serverStatus(name)), apiKey: name };
      const front = createHttpHandler(options);
      onTestFinished(() => front[Symbol.asyncDispose]());
      app.use(`/${name}`, front.handle);
      return front;
    });
    const url = await listening(createServer(app));
    const headers = await openSession(`${url}/a/mcp`, "2025-11-25", { "x-api-key": "a" });
    const body = toolCall(1, "echo");
    expect((await call(`${url}/b/mcp`, { headers, body })).status).toBe(403);
    expect((await call(`${url}/b/mcp`, { headers: { ...headers, "x-api-key": "b" }, body })).status).toBe(
      404,
    );
    await fronts[1]?.[Symbol.asyncDispose]();
    expect((await call(`${url}/b/servers`, { headers: { accept, "x-api-key": "b" } })).status).toBe(503);
    expect((await call(`${url}/a/mcp`, { headers, body })).status).toBe(200);
    const [listed] = (await call(`${url}/a/servers`, { headers })).json;
    expect(listed.id).toBe("a");
  });
});

import { describe, expect, it } from "vitest";
import { call, initializeRequest, open, openSession, readReply, served, toolCall } from "./support/http.ts";
import { modernCall } from "./support/modern.ts";
import { registeredPaths, reload } from "./support/parts.ts";

const types = ["application/json", "text/event-stream", undefined];

/**
 * What is wrong with the head of an answer: it may be kept by nobody, and be taken for nothing but what it is. Who compresses
 * events holds them back.
 */
function faultsOf({ headers }: { headers: NodeJS.Dict<string | string[]> }): string[] {
  const type = headers["content-type"] as string | undefined;
  const wanted = type === "text/event-stream" ? "no-store, no-transform" : "no-store";
  return [
    ...(headers["cache-control"] === wanted ? [] : [`cache-control: ${headers["cache-control"]}`]),
    ...(headers["x-content-type-options"] === "nosniff" ? [] : ["no nosniff"]),
    ...(types.includes(type) ? [] : [`content-type: ${type}`]),
  ];
}

describe("an answer", () => {
  it("of any route, to any method, is kept by no cache, guessed at by no browser, and no HTML", async () => {
    const { url } = await served({ reload });
    const faults: string[] = [];
    for (const path of [...(await registeredPaths()), "/nothing", "/"]) {
      for (const method of ["GET", "HEAD", "POST", "DELETE", "PUT"]) {
        const body = method === "POST" ? { method: "ping", server_id: "pg" } : undefined;
        // The event stream of 2024-11-05 has no end.
        const incoming = await open(url + path, { method, body, headers: { "x-server-id": "pg" } });
        faults.push(...faultsOf(incoming).map((fault) => `${method} ${path}: ${fault}`));
        incoming.destroy();
      }
    }
    expect(faults).toEqual([]);
  });

  it("of MCP is so too, whatever its status and form", async () => {
    const { url } = await served();
    const mcp = `${url}/mcp`;
    const headers = await openSession(mcp);
    const stream = { ...headers, accept: "text/event-stream" };
    const replies = {
      initialize: await call(mcp, { headers: { accept: headers.accept }, body: initializeRequest() }),
      "a call": await call(mcp, { headers, body: toolCall(1, "echo") }),
      "a call with progress": await call(mcp, { headers, body: toolCall(2, "chatty") }),
      "a call on a stream": await call(mcp, { headers: stream, body: toolCall(3, "echo") }),
      "a modern call": await call(mcp, modernCall("echo")),
      "a notification": await call(mcp, { headers, body: { jsonrpc: "2.0", method: "notifications/x" } }),
      "a broken body": await call(mcp, { headers, body: "{" }),
      "a body of another type": await call(mcp, { headers: { "content-type": "text/html" }, body: "<p>" }),
      "an unknown session": await call(mcp, { headers: { ...headers, "mcp-session-id": "x" }, body: {} }),
      "the session's stream": await open(mcp, { headers }),
      "a call of the original": await call(mcp, { body: { method: "ping", server_id: "pg" } }),
      "its refusal": await call(mcp, { body: { method: "ping", server_id: "none" } }),
      "the end": await call(mcp, { method: "DELETE", headers }),
    };
    const faults = Object.entries(replies).flatMap(([what, reply]) =>
      faultsOf(reply).map((fault) => `${what}: ${fault}`),
    );
    expect(faults).toEqual([]);
  });

  it("that the guard gives is so too", async () => {
    const { url } = await served({ apiKey: "k" });
    for (const headers of [{ host: "evil.com" }, { host: "a/b" }, { origin: "http://evil.com" }, {}]) {
      const reply = await readReply(
        await open(`${url}/servers`, { headers: headers as Record<string, string> }),
      );
      expect(reply.status).toBeGreaterThanOrEqual(400);
      expect(faultsOf(reply)).toEqual([]);
    }
  });
});

import type { Message } from "../message.ts";
import { clientInfo, type Front } from "./front.ts";
import { answerOf, post } from "./post.ts";

/** A session over streamable HTTP, of the legacy era. */
export async function httpFront(url: string, capabilities: object = {}): Promise<Front> {
  const heard: Message[] = [];
  const headers: Record<string, string> = {};
  let lastId = 0;
  const front: Front = {
    heard,
    async request(method, params = {}, signal) {
      const id = ++lastId;
      signal?.addEventListener("abort", () => {
        const cancelled = { method: "notifications/cancelled", params: { requestId: id } };
        void post(url, { jsonrpc: "2.0", ...cancelled }, headers).then((response) => response.text());
      });
      const response = await post(url, { jsonrpc: "2.0", id, method, params }, headers, signal);
      const session = response.headers.get("mcp-session-id");
      if (session !== null) headers["mcp-session-id"] = session;
      return answerOf(response, id, heard);
    },
    async [Symbol.asyncDispose]() {
      await fetch(url, { method: "DELETE", headers }).then((response) => response.text());
    },
  };
  await front.request("initialize", { protocolVersion: "2025-11-25", capabilities, clientInfo });
  await (await post(url, { jsonrpc: "2.0", method: "notifications/initialized" }, headers)).text();
  return front;
}

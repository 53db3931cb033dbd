import type { Message } from "../message.ts";
import { clientInfo, type Front } from "./front.ts";
import { answerOf, post } from "./post.ts";

const version = "2026-07-28";

/** Requests of the modern era over HTTP, which need no session. */
export function modernFront(url: string, capabilities: object = {}): Front {
  const envelope = {
    "io.modelcontextprotocol/protocolVersion": version,
    "io.modelcontextprotocol/clientInfo": clientInfo,
    "io.modelcontextprotocol/clientCapabilities": capabilities,
  };
  const heard: Message[] = [];
  let lastId = 0;
  return {
    heard,
    async request(method, params = {}, signal) {
      const id = ++lastId;
      const { name, _meta } = params as { name?: string; _meta?: object };
      const headers = {
        "mcp-protocol-version": version,
        "mcp-method": method,
        ...(name === undefined ? {} : { "mcp-name": headerValue(name) }),
      };
      const body = { jsonrpc: "2.0", id, method, params: { ...params, _meta: { ...envelope, ..._meta } } };
      return answerOf(await post(url, body, headers, signal), id, heard);
    },
    async [Symbol.asyncDispose]() {},
  };
}

/** As MCP wants what a header can not hold. */
function headerValue(text: string): string {
  return /^[\x21-\x7e]+$/.test(text) ? text : `=?base64?${Buffer.from(text).toString("base64")}?=`;
}

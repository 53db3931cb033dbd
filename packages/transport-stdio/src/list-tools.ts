import { type Frame, requestFrame } from "@omg/core";
import type { GatewayRequests } from "./gateway-requests.ts";
import { mirrorHeaders } from "./mirror-headers.ts";
import { readAnswer } from "./read-response.ts";
import type { ToolHeaders } from "./tool-headers.ts";

const maxPages = 100;

/** Asks for all tools in the name of the client that sent a call. Never rejects: what is not learned stays unknown. */
export async function listTools(
  gateway: GatewayRequests,
  call: Frame,
  tools: ToolHeaders,
  signal: AbortSignal,
): Promise<void> {
  const message = call.value();
  const { progressToken: _, ..._meta } = ("params" in message && message.params?._meta) || {};
  let cursor: string | undefined;
  try {
    for (let page = 0; page < maxPages; page++) {
      const request = requestFrame(0, "tools/list", { _meta, ...(cursor === undefined ? {} : { cursor }) });
      cursor = undefined;
      const response = await gateway.postModern(request, mirrorHeaders(request), signal);
      const deliver = (frame: Frame) => {
        if (frame.head.method === undefined) cursor = tools.learn(frame);
      };
      await readAnswer({ url: gateway.url, request, response, deliver });
      if (cursor === undefined) return;
    }
  } catch {
    // The call's own answer says what is wrong.
  }
}

import { type Frame, frameOf } from "@omg/core";
import { expect, test } from "vitest";
import { GatewayRequests } from "../src/gateway-requests.ts";
import { ModernRequests } from "../src/modern-requests.ts";

const params = { _meta: { "io.modelcontextprotocol/protocolVersion": "2026-07-28" } };
const request = frameOf({ jsonrpc: "2.0", id: 1, method: "tools/list", params });

test("what is on its way when a request is cancelled is not delivered", async () => {
  const body = new TransformStream<Uint8Array, Uint8Array>();
  const posted = Promise.withResolvers<void>();
  class Gateway extends GatewayRequests {
    override async postModern(): Promise<Response> {
      posted.resolve();
      return new Response(body.readable, { headers: { "content-type": "text/event-stream" } });
    }
  }
  const delivered: Frame[] = [];
  const requests = new ModernRequests(new Gateway("http://localhost/mcp", undefined), (frame) =>
    delivered.push(frame),
  );
  const sent = requests.send(request, 1);
  await posted.promise;
  expect(requests.cancel(1)).toBe(true);
  const writer = body.writable.getWriter();
  await writer.write(Buffer.from('data: {"jsonrpc":"2.0","id":1,"result":{}}\n\n'));
  await writer.close();
  await sent;
  expect(delivered).toEqual([]);
  expect(requests.cancel(1)).toBe(false);
});

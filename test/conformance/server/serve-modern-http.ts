import { getRequestListener } from "@hono/node-server";
import { createMcpHandler } from "@modelcontextprotocol/server";
import { type LocalServer, listen } from "../listen.ts";
import { createConformanceServer, type More } from "./create-server.ts";
import { createFixture } from "./fixture.ts";
import { foreignRefusal } from "./foreign-refusal.ts";
import { mismatchRefusal } from "./header-arguments.ts";
import { modernEra } from "./modern-era.ts";

/** The conformance server over HTTP as revision 2026-07-28 has it and no other, at any path. */
export async function serveOverModernHttp(more: More = {}): Promise<LocalServer> {
  const fixture = createFixture();
  const handler = createMcpHandler(
    () => createConformanceServer({ era: modernEra, fixture, announce: handler.notify, more }),
    { legacy: "reject" },
  );
  const answer = async (request: Request): Promise<Response> =>
    foreignRefusal(request) ?? (await mismatchRefusal(request)) ?? handler.fetch(request);
  const server = await listen(getRequestListener(answer));
  return {
    port: server.port,
    async [Symbol.asyncDispose]() {
      await handler.close();
      await server[Symbol.asyncDispose]();
    },
  };
}

import type { Gateway } from "@omg/core";
import { createApp } from "../../src/app.ts";
import { httpContext } from "../../src/context.ts";
import { legacyEndpoints } from "../../src/legacy-sse.ts";
import { mcpEndpoint } from "../../src/mcp-endpoint.ts";
import { Sessions } from "../../src/sessions.ts";
import { StubGateway } from "./stub-gateway.ts";

/** What a front is made of, behind its guard. Whoever asks for it closes the sessions. */
export function frontParts(gateway: Gateway = new StubGateway()) {
  const context = httpContext({ gateway });
  const sessions = new Sessions(context);
  const endpoints = { mcp: mcpEndpoint(context, sessions), ...legacyEndpoints(context, sessions) };
  return { context, sessions, endpoints };
}

export const reload = async () => ({ added: [], removed: [], changed: [], unchanged: [], kept: [] });

/** The paths of all routes that there are, for the server "pg". */
export async function registeredPaths(): Promise<string[]> {
  const { context, sessions, endpoints } = frontParts();
  const app = createApp(context, endpoints, { reload, isDraining: () => false });
  await sessions.close();
  return [...new Set(app.routes.map(({ path }) => path.replace(":id", "pg")))];
}

import { modernVersions } from "../era.ts";
import type { Endpoint } from "../router/endpoint.ts";
import { type Frame, resultFrame } from "../runtime/frame.ts";
import type { Params } from "../runtime/transport.ts";
import type { Call } from "../session/call.ts";
import { withoutTaskSupport } from "./unrelayed-tasks.ts";

/** Answers `server/discover` with what an endpoint says of itself. */
export async function discover(endpoint: Endpoint, call: Call): Promise<Frame> {
  const { capabilities, instructions, serverInfo } = await endpoint.introduce(call);
  const result = {
    resultType: "complete",
    supportedVersions: modernVersions,
    capabilities: withoutTaskSupport(capabilities as Params),
    ...(typeof instructions === "string" ? { instructions } : {}),
    ttlMs: 0,
    cacheScope: "private",
    _meta: { "io.modelcontextprotocol/serverInfo": serverInfo },
  };
  return resultFrame(call.frame.head.id ?? 0, JSON.stringify(result));
}

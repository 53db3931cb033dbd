import { modernVersions } from "../era.ts";
import type { Endpoint } from "../router/endpoint.ts";
import { type Frame, resultFrame } from "../runtime/frame.ts";
import type { Params } from "../runtime/transport.ts";
import type { Call } from "../session/call.ts";

/** Answers `server/discover` with what an endpoint says of itself. */
export async function discover(endpoint: Endpoint, call: Call): Promise<Frame> {
  const { capabilities: said, instructions, serverInfo } = await endpoint.introduce(call);
  // Tasks of revision 2025-11-25 are no capability any more; everything else is as it was.
  const { tasks: _tasks, ...capabilities } = said as Params;
  const result = {
    resultType: "complete",
    supportedVersions: modernVersions,
    capabilities,
    ...(typeof instructions === "string" ? { instructions } : {}),
    ttlMs: 0,
    cacheScope: "private",
    _meta: { "io.modelcontextprotocol/serverInfo": serverInfo },
  };
  return resultFrame(call.frame.head.id ?? 0, JSON.stringify(result));
}

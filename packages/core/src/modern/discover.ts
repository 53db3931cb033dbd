import { modernVersions } from "../era.ts";
import type { Endpoint } from "../router/endpoint.ts";
import { type Frame, resultFrame } from "../runtime/frame.ts";
import type { Params } from "../runtime/transport.ts";
import type { Call } from "../session/call.ts";
import { runsTasks, tasksDeclared } from "../upstream/task-shapes.ts";
import { serverInfoKey } from "./meta-keys.ts";

/** Answers `server/discover` with what an endpoint says of itself. */
export async function discover(endpoint: Endpoint, call: Call): Promise<Frame> {
  const { capabilities: said, instructions, serverInfo } = await endpoint.introduce(call);
  const { tasks: _tasks, ...kept } = said as Params;
  // Tasks of revision 2025-11-25 are an extension now; everything else is as it was.
  const capabilities = runsTasks(said as Params) ? withTasks(kept) : kept;
  const result = {
    resultType: "complete",
    supportedVersions: modernVersions,
    capabilities,
    ...(typeof instructions === "string" ? { instructions } : {}),
    ttlMs: 0,
    cacheScope: "private",
    _meta: { [serverInfoKey]: serverInfo },
  };
  return resultFrame(call.frame.head.id ?? 0, JSON.stringify(result));
}

function withTasks(capabilities: Params): Params {
  const { extensions = {} } = capabilities;
  return { ...capabilities, extensions: { ...(extensions as Params), ...tasksDeclared.extensions } };
}

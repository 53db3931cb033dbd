import { modernVersion } from "../era.ts";
import { gatewayInfo } from "../gateway-info.ts";
import { withEnvelope, withoutEnvelope } from "../modern/envelope.ts";
import type { Frame } from "../runtime/frame.ts";
import type { Params } from "../runtime/transport.ts";
import type { Caller } from "../session/call.ts";
import { sharedCapabilities } from "./handshake.ts";
import { tasksDeclared } from "./task-shapes.ts";

/** What the gateway can relay of what a client can do. */
const relayed = ["sampling", "elicitation", "roots"];
/** What the gateway says for itself: what any of its clients might be able to do, so that it is shown everything. */
const ownCapabilities: Params = {
  ...sharedCapabilities,
  roots: {},
  ...tasksDeclared,
};

/** A request with what the modern era wants to know of who asks: a client of the legacy era, or the gateway. */
export function enveloped(frame: Frame, caller?: Caller): Frame {
  return withEnvelope(withoutEnvelope(frame), {
    version: modernVersion,
    capabilities: caller ? declaredFor(caller, frame) : ownCapabilities,
    clientInfo: gatewayInfo,
    logLevel: caller?.logLevel,
  });
}

/** What its client can do, and what the gateway can do for it. */
function declaredFor({ capabilities }: Caller, { head: { method } }: Frame): Params {
  const known = relayed.filter((name) => capabilities[name] !== undefined);
  return {
    ...Object.fromEntries(known.map((name) => [name, capabilities[name]])),
    ...(method === "tools/call" ? tasksDeclared : {}),
  };
}

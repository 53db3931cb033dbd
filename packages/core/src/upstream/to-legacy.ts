import { withoutEnvelope, withoutMembers } from "../modern/envelope.ts";
import { OmgError } from "../runtime/errors.ts";
import { type Frame, mentions } from "../runtime/frame.ts";

/**
 * A request of the modern era as a server of the legacy one takes it, without answers to what nobody has asked. Throws
 * `bad_params` for one that goes on where an earlier one needed input: that is for the gateway, which no longer knows it,
 * and must not run twice.
 */
export function asLegacy(server: string, frame: Frame): Frame {
  if (frame.head.requestState === undefined) {
    return withoutEnvelope(
      mentions(frame, '"inputResponses"') ? withoutMembers(frame, "inputResponses") : frame,
    );
  }
  throw new OmgError("bad_params", {
    server,
    message:
      "Unknown requestState: it has expired, was altered, or is of another caller or request. Begin anew",
  });
}

import type { Frame } from "../runtime/frame.ts";
import { withoutMembers } from "./envelope.ts";

/** The request without the wish to be run as a task of revision 2025-11-25, which 2026-07-28 ignores: the server decides. */
export function withoutLegacyTask(frame: Frame): Frame {
  return frame.head.task ? withoutMembers(frame, "task") : frame;
}

import { OmgError } from "../runtime/errors.ts";
import type { Frame } from "../runtime/frame.ts";

/** Throws for a request to be run as a task of revision 2025-11-25, which would be nobody's when the request is over. */
export function mustBeNoLegacyTask({ head: { task } }: Frame): void {
  if (!task) return;
  throw new OmgError("bad_params", {
    message:
      "The parameter task is of revision 2025-11-25; in revision 2026-07-28 the server decides what is a task",
  });
}

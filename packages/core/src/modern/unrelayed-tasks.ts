import { OmgError } from "../runtime/errors.ts";
import type { Frame } from "../runtime/frame.ts";
import type { Params } from "../runtime/transport.ts";
import { withMeta } from "./envelope.ts";
import type { Exchange } from "./exchange.ts";

const extension = "io.modelcontextprotocol/tasks";
const methods = new Set(["tasks/get", "tasks/update", "tasks/cancel"]);

/**
 * Throws for a request to be run as a task of 2025-11-25, which would be nobody's when the request is over, and on the
 * aggregate for one about tasks: it could not tell whose a task is. One server by itself has the extension, or has not.
 */
export function mustBeNoTask({ method, frame, options }: Exchange): void {
  if (options.server === undefined && methods.has(method)) {
    throw new OmgError("method_not_found", {
      message: `The aggregate endpoint does not relay the extension ${extension}; that of one server, /servers/ID/mcp, does`,
    });
  }
  if (!frame.head.task) return;
  throw new OmgError("bad_params", {
    message: "The parameter task is of revision 2025-11-25; revision 2026-07-28 does not know it",
  });
}

/** The request as servers get it: one that declares the extension might be answered with a task. */
export function withoutTasks({ frame, envelope, options }: Exchange): Frame {
  const { extensions } = envelope.capabilities as { extensions?: Params };
  if (options.server !== undefined || extensions?.[extension] === undefined) return frame;
  const { [extension]: _extension, ...others } = extensions;
  const capabilities = { ...envelope.capabilities, extensions: others };
  return withMeta(frame, { "io.modelcontextprotocol/clientCapabilities": capabilities });
}

import { OmgError } from "../runtime/errors.ts";
import type { Frame } from "../runtime/frame.ts";
import type { Params } from "../runtime/transport.ts";
import { withMeta } from "./envelope.ts";
import type { Exchange } from "./exchange.ts";

const extension = "io.modelcontextprotocol/tasks";
const methods = new Set(["tasks/get", "tasks/update", "tasks/cancel"]);

/** Throws for a request about tasks, or to be run as one: a task would outlive its request, and nobody would know whose it is. */
export function mustBeNoTask({ method, frame }: Exchange): void {
  if (methods.has(method)) {
    throw new OmgError("method_not_found", {
      message: `The gateway does not relay the extension ${extension} yet, so no server makes tasks for its clients`,
    });
  }
  if (!frame.head.task) return;
  throw new OmgError("bad_params", {
    message: "The parameter task is of revision 2025-11-25; revision 2026-07-28 does not know it",
  });
}

/** The request as servers get it: one that declares the extension might be answered with a task. */
export function withoutTasks({ frame, envelope }: Exchange): Frame {
  const { extensions } = envelope.capabilities as { extensions?: Params };
  if (extensions?.[extension] === undefined) return frame;
  const capabilities = withoutTaskSupport(envelope.capabilities);
  return withMeta(frame, { "io.modelcontextprotocol/clientCapabilities": capabilities });
}

/** Capabilities of either side without what either revision calls tasks. */
export function withoutTaskSupport({
  tasks: _tasks,
  ...capabilities
}: Readonly<Record<string, unknown>>): Params {
  const { extensions } = capabilities as { extensions?: Params };
  if (typeof extensions !== "object" || extensions?.[extension] === undefined) return capabilities;
  const { [extension]: _extension, ...others } = extensions;
  return { ...capabilities, extensions: others };
}

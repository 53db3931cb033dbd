import { type RuntimeRemark, redactorOf, remarkOf } from "../gateway/resolve-runtime.ts";
import type { RuntimeV1 } from "../runtime/v1.ts";
import type { ServerConfig } from "./types.ts";

/** What a runtime remarks on checked options of an entry, without the entry's secrets. Never throws. */
export function optionRemarks(server: ServerConfig, runtime: RuntimeV1, options: unknown): RuntimeRemark[] {
  const redact = redactorOf(server);
  try {
    return (runtime.remarks?.(options) ?? []).map((issue) => remarkOf(issue, redact));
  } catch (error) {
    const why = redact(error instanceof Error ? error.message : String(error));
    return [{ path: [], message: `The runtime ${runtime.name} failed to look for what to remark: ${why}` }];
  }
}

import { OmgError } from "../runtime/errors.ts";
import type { Frame } from "../runtime/frame.ts";
import type { Caller } from "./call.ts";

/** Who sends one request without a session: nothing but the answer reaches it. */
export function sessionlessCaller(server: string, id: string): Caller {
  return {
    id,
    era: "legacy",
    capabilities: {},
    tell() {},
    relay() {},
    async ask(question) {
      const message = `${question.head.method} has nobody to answer it: the call came without a session`;
      throw new OmgError("method_not_found", { server, message });
    },
  };
}

/** Throws for requests that only make sense within a session, and would change a shared server for everybody. */
export function mustNeedNoSession({ head: { method = "" } }: Frame): void {
  if (!changesSession.has(method)) return;
  const message = `${method} needs a session: send initialize to an MCP endpoint first`;
  throw new OmgError("bad_params", { message });
}

const changesSession = new Set(["logging/setLevel", "resources/subscribe", "resources/unsubscribe"]);

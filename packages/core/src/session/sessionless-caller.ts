import { OmgError } from "../runtime/errors.ts";
import type { Caller } from "./call.ts";

/** Who sends one request without a session: nothing but the answer reaches it. */
export function sessionlessCaller(server: string, id: string): Caller {
  return {
    id,
    tell() {},
    relay() {},
    async ask(question) {
      const message = `${question.head.method} has nobody to answer it: the call came without a session`;
      throw new OmgError("method_not_found", { server, message });
    },
  };
}

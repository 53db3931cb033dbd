import { cutText } from "../runtime/cut-text.ts";
import type { JsonRpcMessage } from "../runtime/transport.ts";

const maxLength = 4096;

/** What a server's error says, whatever shape it has. */
export function errorText(message: JsonRpcMessage): string {
  const { error } = message as { error?: { message?: unknown } | null };
  const text = typeof error?.message === "string" ? error.message : JSON.stringify(error);
  return cutText(text, maxLength);
}

import { cutText, redactor } from "@omg/core/runtime";
import type { AuthConfig } from "dockerode";

const maxCharacters = 600;

/**
 * What a registry or an engine said of a pull, fit for errors and logs: one line, without the login that was used, and
 * without the parts of addresses that let in whoever knows them.
 */
export function presentable(text: string, login: AuthConfig | undefined): string {
  const {
    username = "",
    password = "",
    identitytoken = "",
  } = (login ?? {}) as Partial<Record<"username" | "password" | "identitytoken", string>>;
  const both = Buffer.from(`${username}:${password}`).toString("base64");
  const redact = redactor([password, identitytoken, both]);
  const line = redact(text)
    .replace(/\b(https?:\/\/)[^\s/"@]+@/g, "$1")
    .replace(/\b(https?:\/\/[^\s"?]+)\?[^\s"]*/g, "$1")
    .replace(/\s+/g, " ")
    .trim();
  return cutText(line, maxCharacters);
}

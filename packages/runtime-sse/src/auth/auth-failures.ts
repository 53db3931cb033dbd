import { OAuthError } from "@modelcontextprotocol/client";
import { OmgError, type OmgErrorOptions } from "@omg/core/runtime";
import { failure } from "@omg/upstream-http";
import { loginCommand } from "./login-command.ts";

/** A person must log in. `why` completes a sentence that begins with the server's address. */
export function loginRequired(
  url: URL,
  server: string,
  why: string,
  more: Pick<OmgErrorOptions, "detail"> = {},
): OmgError {
  return failure("upstream_auth_required", url, `${why}; log in with: ${loginCommand(server)}`, {
    server,
    executed: "no",
    ...more,
  });
}

/**
 * What went wrong with an authorization server, in words of ours: what it said, and what the SDK makes of it, may hold
 * what was sent to it.
 */
export function authFailure(issuer: URL, what: string, error: unknown): OmgError {
  if (OmgError.is(error)) {
    const { reason, detail, retryAfterMs, message } = error;
    return failure(reason, issuer, `${what}: ${message}`, { detail, retryAfterMs, executed: "no" });
  }
  return failure("upstream_auth_required", issuer, `${what}: ${wordsFor(error)}`, {
    detail: codeOf(error),
    executed: "no",
  });
}

/** The word of RFC 6749 that says what is wrong, if the server gave one. */
export function codeOf(error: unknown): string | undefined {
  return error instanceof OAuthError && /^[a-z_]{1,40}$/.test(error.code) ? error.code : undefined;
}

function wordsFor(error: unknown): string {
  const code = codeOf(error);
  if (code !== undefined) return `it said ${code}`;
  return error instanceof Error && sayable.test(error.message) ? error.message : "its answer can not be used";
}

/** Sentences of the SDK that hold no more than names of features. */
const sayable = /^Incompatible auth server: [\w ]{1,80}$/;

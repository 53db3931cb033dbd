import type { Era } from "../era.ts";
import { OmgError } from "../runtime/errors.ts";
import { discover } from "./discover.ts";
import { type HandshakeOptions, handshake, type ServerIntroduction } from "./handshake.ts";
import type { Upstream } from "./upstream.ts";

export interface IntroductionOptions extends HandshakeOptions {
  /** The era that the server's entry states, if it does: then nothing else is tried. */
  readonly stated: Era | undefined;
  /** The era in which the server spoke last, if that is known. */
  readonly known: Era | undefined;
}

/** Longest wait for an answer to `server/discover` while `initialize` can still be tried. */
const probeMs = 10_000;

/**
 * Opens the conversation with a server in the era that it speaks, and leaves the upstream speaking that. Every attempt
 * goes to the same instance: probing starts nothing and ends nothing.
 */
export async function introduce(
  server: string,
  upstream: Upstream,
  options: IntroductionOptions,
): Promise<ServerIntroduction> {
  const { stated, known, timeoutMs } = options;
  // A strict server may end over a request that comes before `initialize`; where each goes by itself it does no harm.
  const first = stated ?? known ?? (upstream.isPerRequest ? "modern" : "legacy");
  const isOnlyAttempt = stated !== undefined;
  try {
    const discoverMs = isOnlyAttempt ? timeoutMs : Math.min(timeoutMs / 2, probeMs);
    return await attempt(server, upstream, first, options, discoverMs);
  } catch (error) {
    if (isOnlyAttempt || !isWorthAnotherTry(error)) throw error;
    const other = first === "modern" ? "legacy" : "modern";
    return await attempt(server, upstream, other, options, timeoutMs).catch((second: unknown) => {
      throw isRefusal(error) && isRefusal(second) ? neither(server, error, second) : second;
    });
  }
}

function attempt(
  server: string,
  upstream: Upstream,
  era: Era,
  options: HandshakeOptions,
  discoverMs: number,
): Promise<ServerIntroduction> {
  upstream.speak(era);
  return era === "modern" ? discover(server, upstream, discoverMs) : handshake(server, upstream, options);
}

/** Whether a server may understand the other era; not if it is unreachable, locked, or asks to be left alone. */
function isWorthAnotherTry(error: unknown): boolean {
  // What broke off tells more when it breaks off over a handshake.
  return isRefusal(error) || (OmgError.is(error) && error.reason === "upstream_closed");
}

/** Whether the server was there, and did not understand. */
function isRefusal(error: unknown): error is OmgError {
  if (!OmgError.is(error)) return false;
  const { reason, detail } = error;
  const isStatus = reason === "upstream_closed" && detail?.startsWith("http_") === true;
  const isInvalid = reason === "upstream_start_failed" && detail === "init_invalid";
  return isStatus || isInvalid || reason === "upstream_protocol_error" || reason === "upstream_timeout";
}

function neither(server: string, first: OmgError, second: OmgError): OmgError {
  return new OmgError("upstream_start_failed", {
    detail: "init_invalid",
    server,
    message: `Server '${server}' speaks MCP of neither era. ${first.message}. ${second.message}`,
    cause: second,
  });
}

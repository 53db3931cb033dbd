import { gatewayInfo } from "../gateway-info.ts";
import { isObject } from "../is-object.ts";
import { OmgError } from "../runtime/errors.ts";
import { notificationFrame } from "../runtime/frame.ts";
import type { Params } from "../runtime/transport.ts";
import { errorText } from "./error-text.ts";
import { isSupportedVersion, latestProtocolVersion, protocolVersions } from "./protocol-version.ts";
import type { Upstream } from "./upstream.ts";

/** What a server says of itself in its answer to `initialize`, or to `server/discover` in the modern era. */
export interface ServerIntroduction {
  readonly protocolVersion: string;
  readonly capabilities: Readonly<Record<string, unknown>>;
  readonly serverInfo: Params;
  readonly [field: string]: unknown;
}

export interface HandshakeOptions {
  /** What the clients behind us can do. */
  readonly capabilities: Params;
  readonly timeoutMs: number;
}

/**
 * What a shared instance is told that clients can do: everything that can be put to the one client that caused it. Who
 * can not is asked nothing, and the server hears of it. Roots are not declared: those of one client would become
 * everybody's.
 */
export const sharedCapabilities: Params = {
  sampling: { context: {}, tools: {} },
  elicitation: { form: {}, url: {} },
};

/** Opens the conversation with a server of the legacy era (MCP lifecycle, up to 2025-11-25). */
export async function handshake(
  server: string,
  upstream: Upstream,
  { capabilities: declared, timeoutMs }: HandshakeOptions,
): Promise<ServerIntroduction> {
  const answer = await upstream.ask(
    "initialize",
    { protocolVersion: latestProtocolVersion, capabilities: declared, clientInfo: gatewayInfo },
    timeoutMs,
  );
  const message = answer.value();
  if ("error" in message) throw invalidIntroduction(server, `refused the handshake: ${errorText(message)}`);
  const result = "result" in message ? message.result : {};
  const { protocolVersion, capabilities } = result;
  if (!isSupportedVersion(protocolVersion)) {
    throw invalidIntroduction(
      server,
      `speaks MCP ${JSON.stringify(protocolVersion)}; the gateway speaks ${protocolVersions.join(", ")}`,
    );
  }
  upstream.setProtocolVersion(protocolVersion);
  upstream.notify(notificationFrame("notifications/initialized"));
  return {
    ...result,
    protocolVersion,
    capabilities: isObject(capabilities) ? capabilities : {},
    serverInfo: isObject(result.serverInfo) ? result.serverInfo : {},
  };
}

/** What a server says of itself is an error, or nothing that the gateway can work with. */
export function invalidIntroduction(server: string, what: string): OmgError {
  return new OmgError("upstream_start_failed", {
    detail: "init_invalid",
    server,
    message: `Server '${server}' ${what}`,
  });
}

import { isModernVersion, modernVersion, modernVersions } from "../era.ts";
import type { OmgError } from "../runtime/errors.ts";
import type { Params } from "../runtime/transport.ts";
import { errorText } from "./error-text.ts";
import { invalidIntroduction, isObject, type ServerIntroduction } from "./handshake.ts";
import type { Upstream } from "./upstream.ts";

const serverInfoKey = "io.modelcontextprotocol/serverInfo";

/** Asks a server of the modern era what it is (MCP 2026-07-28, `server/discover`), in the words of a handshake. */
export async function discover(
  server: string,
  upstream: Upstream,
  timeoutMs: number,
): Promise<ServerIntroduction> {
  const answer = await upstream.ask("server/discover", undefined, timeoutMs);
  const message = answer.value();
  if ("error" in message) throw invalidIntroduction(server, `refused server/discover: ${errorText(message)}`);
  const result: Params = "result" in message ? message.result : {};
  const { supportedVersions, capabilities, _meta } = result;
  if (!Array.isArray(supportedVersions) || !supportedVersions.some(isModernVersion)) {
    throw unknownVersions(server, supportedVersions);
  }
  const serverInfo = isObject(_meta) ? _meta[serverInfoKey] : undefined;
  return {
    ...result,
    protocolVersion: modernVersion,
    capabilities: isObject(capabilities) ? capabilities : {},
    serverInfo: isObject(serverInfo) ? serverInfo : {},
  };
}

function unknownVersions(server: string, versions: unknown): OmgError {
  return invalidIntroduction(
    server,
    `answered server/discover with the versions ${JSON.stringify(versions)}; the gateway speaks ${modernVersions.join(", ")}`,
  );
}

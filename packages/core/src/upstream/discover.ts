import { isModernVersion, modernVersion, modernVersions } from "../era.ts";
import { isObject } from "../is-object.ts";
import { serverInfoKey } from "../modern/meta-keys.ts";
import type { OmgError } from "../runtime/errors.ts";
import type { JsonRpcMessage, Params } from "../runtime/transport.ts";
import { errorText } from "./error-text.ts";
import { invalidIntroduction, type ServerIntroduction } from "./handshake.ts";
import type { Upstream } from "./upstream.ts";

const unsupportedVersionCode = -32022;

/** Asks a server of the modern era what it is (MCP 2026-07-28, `server/discover`), in the words of a handshake. */
export async function discover(
  server: string,
  upstream: Upstream,
  timeoutMs: number,
): Promise<ServerIntroduction> {
  const ask = async () => (await upstream.ask("server/discover", undefined, timeoutMs)).value();
  let message = await ask();
  // A server may have had to say first which versions it speaks.
  if (offersOurVersion(message)) message = await ask();
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

/** Whether the server refuses the version of a request, and names one that the gateway speaks all the same. */
function offersOurVersion(message: JsonRpcMessage): boolean {
  if (!("error" in message) || message.error.code !== unsupportedVersionCode) return false;
  const { data } = message.error;
  return isObject(data) && Array.isArray(data.supported) && data.supported.some(isModernVersion);
}

function unknownVersions(server: string, versions: unknown): OmgError {
  return invalidIntroduction(
    server,
    `answered server/discover with the versions ${JSON.stringify(versions)}; the gateway speaks ${modernVersions.join(", ")}`,
  );
}

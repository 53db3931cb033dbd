import type { ConnectionOptions } from "node:tls";

/** Where an engine's API is: a socket of this machine, or a port. */
export type EngineAddress =
  | { readonly socketPath: string }
  | { readonly host: string; readonly port: number; readonly tls?: EngineTls | undefined };

/** Certificates and key in PEM, by which both sides know each other. */
export interface EngineTls extends Pick<ConnectionOptions, "rejectUnauthorized"> {
  readonly ca?: Buffer | undefined;
  readonly cert?: Buffer | undefined;
  readonly key?: Buffer | undefined;
}

/** As Docker writes it: `unix:///var/run/docker.sock`, `tcp://host:2376`. */
export function nameOf(address: EngineAddress): string {
  return "socketPath" in address ? `unix://${address.socketPath}` : `tcp://${address.host}:${address.port}`;
}

/** Whether the engine runs on this machine, so that its loopback is ours. */
export function isOfThisMachine(address: EngineAddress): boolean {
  return "socketPath" in address || /^(?:localhost|127\.\d+\.\d+\.\d+|::1)$/.test(address.host);
}

const plainPort = 2375;
const tlsPort = 2376;

/** Reads an address as Docker writes it. Throws an `Error` that says what is wrong with it. */
export function parseEngineHost(text: string, tls: EngineTls | undefined): EngineAddress {
  const socketPath = /^(?:unix:\/\/)?(\/.+)$/.exec(text)?.[1];
  if (socketPath !== undefined) return { socketPath };
  if (text.startsWith("ssh://"))
    throw new Error(
      "engines over ssh are not supported; forward its socket (ssh -L /tmp/docker.sock:/var/run/docker.sock HOST) and name that as the socket",
    );
  const [, scheme, rest = ""] = /^(tcp|https?):\/\/(.+)$/.exec(text) ?? [];
  // Of a scheme without a port of its own, none that is named is taken for the usual one and left out.
  const url = URL.parse(`engine://${rest}`);
  if (!scheme || !url?.hostname || url.username !== "" || !/^\/?$/.test(url.pathname))
    throw new Error(`${JSON.stringify(text)} is no address of an engine: unix:///path or tcp://host:port`);
  const { hostname, port } = url;
  const isTls = tls !== undefined || scheme === "https";
  return {
    host: hostname.replace(/^\[|\]$/g, ""),
    port: port === "" ? (isTls ? tlsPort : plainPort) : Number(port),
    ...(isTls ? { tls: tls ?? {} } : {}),
  };
}

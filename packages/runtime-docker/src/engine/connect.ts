import { Agent } from "node:https";
import type Docker from "dockerode";
import type { EngineAddress } from "./engine-address.ts";

/** dockerode for an engine. It is loaded here: that takes longer than all else that a start needs. */
export async function connect(address: EngineAddress): Promise<Docker> {
  const { default: Docker } = await import("dockerode");
  const { socketPath, host, port, tls } = { ...nowhere, ...address };
  const options = {
    ...unsaid,
    socketPath,
    host,
    port,
    protocol: tls ? ("https" as const) : ("http" as const),
    // dockerode knows certificates of its own, but no engine whose certificate shall not be verified.
    agent: tls ? new Agent({ ...tls, keepAlive: true }) : undefined,
  };
  return new Docker(options);
}

const nowhere = { socketPath: undefined, host: undefined, port: undefined, tls: undefined };

/** What is not even undefined, dockerode takes from the environment: DOCKER_CERT_PATH, DOCKER_CLIENT_TIMEOUT … */
const unsaid = {
  ca: undefined,
  cert: undefined,
  key: undefined,
  pathPrefix: undefined,
  timeout: undefined,
};

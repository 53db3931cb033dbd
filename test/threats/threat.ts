/** An attack, what the gateway does about it, and the tests that prove it. */
export interface Threat {
  readonly id: `T${number}`;
  readonly attack: string;
  /** One sentence; of a threat that does not concern this version, why it does not. */
  readonly answer: string;
  /** The risk of the OWASP MCP Top 10 that it belongs to, if it does. */
  readonly risk?: `MCP${number}`;
  /** Files of tests, from the root of the repository, with words of the title of a test or group in each. */
  readonly tests: Readonly<Record<string, string>>;
}

const transport = "packages/transport-http/test";
const core = "packages/core/test";
const remote = "packages/runtime-sse/test";
const local = "packages/runtime-local/test";
const docker = "packages/runtime-docker/test";
const kubernetes = "packages/runtime-k8s/test";
const app = "apps/gateway/test";

/** Where tests stand. */
export const places = { transport, core, remote, local, docker, kubernetes, app } as const;

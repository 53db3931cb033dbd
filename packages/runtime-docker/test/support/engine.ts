import { once } from "node:events";
import { type IncomingMessage, type RequestOptions, request } from "node:http";
import { describe, test } from "vitest";

/** A Docker engine that answers and has the images of the tests. */
export interface Engine {
  readonly socketPath: string;
  /** Host and port of an image registry on this machine, for pushes and pulls, if one answers. */
  readonly registry?: string;
}

/** There is no engine to use: what failed, and what to do. */
export interface NoEngine {
  readonly reason: string;
}

type Environment = Readonly<Record<string, string | undefined>>;

const images = ["omg-test/busybox:1", "omg-test/node:1", "omg-test/everything:1"];
/** Whether what needs an engine fails without one, instead of being skipped: `OMG_REQUIRED_ENGINES` lists `docker`. */
export const isEngineRequired = process.env.OMG_REQUIRED_ENGINES?.split(",").includes("docker") ?? false;
/** What there is here, looked for once. */
export const engineHere = await engine();

/** The engine on `DOCKER_HOST`, or else on /var/run/docker.sock. It only looks: scripts of test/engines start one. */
export async function engine(environment: Environment = process.env): Promise<Engine | NoEngine> {
  const host = environment.DOCKER_HOST || "unix:///var/run/docker.sock";
  if (!host.startsWith("unix://")) {
    return { reason: `DOCKER_HOST is ${host}, and the tests need an engine on a Unix socket` };
  }
  const socketPath = host.slice("unix://".length);
  try {
    await ask({ socketPath, path: "/_ping" });
  } catch (error) {
    return {
      reason: `no Docker engine answers on ${socketPath} (${wordFor(error)}); start one with test/engines/up.sh`,
    };
  }
  try {
    for (const image of images) await ask({ socketPath, path: `/images/${image}/json` });
  } catch (error) {
    return {
      reason: `the Docker engine on ${socketPath} has not all images of the tests (${wordFor(error)}); build them with test/engines/docker-images.sh`,
    };
  }
  const registry = environment.OMG_TEST_REGISTRY || "127.0.0.1:5000";
  return (await isRegistry(registry)) ? { socketPath, registry } : { socketPath };
}

/**
 * A suite that needs an engine. Without one it is skipped and its name says why; where `OMG_REQUIRED_ENGINES` lists
 * `docker`, it fails.
 */
export function describeWithEngine(name: string, suite: (engine: Engine) => void): void {
  if (!("reason" in engineHere)) {
    describe(name, () => suite(engineHere));
  } else if (isEngineRequired) {
    describe(name, () => {
      test("has the Docker engine that OMG_REQUIRED_ENGINES asks for", () => {
        throw new Error(engineHere.reason);
      });
    });
  } else {
    process.stderr.write(`skipped: ${name}: ${engineHere.reason}\n`);
    // The suite is read, so that its tests are counted, but none of it runs.
    describe.skip(`${name} (${engineHere.reason})`, () => suite({ socketPath: "" }));
  }
}

/** Other things listen on port 5000, too: a registry says what it is. */
async function isRegistry(address: string): Promise<boolean> {
  try {
    const { hostname: host, port } = new URL(`http://${address}`);
    const { headers } = await ask({ host, port, path: "/v2/" });
    return headers["docker-distribution-api-version"] !== undefined;
  } catch {
    return false;
  }
}

/** An answer that is a success, within 10 s; its body is left unread. */
async function ask(options: RequestOptions): Promise<IncomingMessage> {
  const asking = request({ ...options, agent: false, timeout: 10_000 }).end();
  asking.once("timeout", () => asking.destroy(new Error("nothing in 10 s")));
  const [response] = (await once(asking, "response")) as [IncomingMessage];
  response.resume();
  if (response.statusCode !== 200) throw new Error(`${options.path}: HTTP ${response.statusCode}`);
  return response;
}

function wordFor(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return "code" in error ? String(error.code) : error.message;
}

import type { StartRequest } from "@omg/core/runtime";
import dockerRuntime from "../../src/index.ts";
import type { DockerOptions } from "../../src/options.ts";
import { docker } from "./docker-command.ts";
import { requestFor, type TestRequest } from "./docker-request.ts";
import type { Engine } from "./engine.ts";
import { type Registry, startRegistry } from "./registry.ts";
import { proxyOf, type RegistryProxy } from "./registry-proxy.ts";
import { type ImageParts, type PublishedImage, publish, removeImages } from "./test-images.ts";

/** A runtime, a registry of its own, and a proxy between that and the engine. Dispose: leaves no image on the engine. */
export interface PullWorld extends AsyncDisposable {
  readonly runtime: ReturnType<typeof dockerRuntime>;
  readonly registry: Registry;
  readonly proxy: RegistryProxy;
  /** How entries name an image of the registry. */
  reference(name: string): string;
  publish(parts: ImageParts): Promise<PublishedImage>;
  /** A request to start or prepare an image of the registry. */
  request(name: string, entry?: object, changes?: Partial<StartRequest<DockerOptions>>): Promise<TestRequest>;
  /** The id of the image that an entry runs as. */
  runs(request: TestRequest): Promise<string>;
}

export interface PullWorldOptions {
  readonly wantsLogin?: boolean;
  readonly hostEnv?: Readonly<Record<string, string>>;
}

export async function pullWorld(
  engine: Engine,
  { wantsLogin = false, hostEnv = {} }: PullWorldOptions = {},
): Promise<PullWorld> {
  const registry = await startRegistry({ wantsLogin });
  const proxy = await proxyOf(registry.address);
  const runtime = dockerRuntime({ hostEnv: { DOCKER_HOST: `unix://${engine.socketPath}`, ...hostEnv } });
  const reference = (name: string) => `${proxy.address}/${name}`;
  return {
    runtime,
    registry,
    proxy,
    reference,
    publish: (parts) => publish(engine, registry, parts),
    request: (name, entry = {}, changes = {}) =>
      requestFor(runtime, { image: reference(name), ...entry }, changes),
    async runs(request) {
      await runtime.prepare?.(request);
      await using instance = await runtime.start(request);
      return await docker(engine, "inspect", "--format", "{{.Image}}", instance.id);
    },
    async [Symbol.asyncDispose]() {
      await runtime[Symbol.asyncDispose]();
      await proxy[Symbol.asyncDispose]();
      await registry[Symbol.asyncDispose]();
      await removeImages(engine);
    },
  };
}

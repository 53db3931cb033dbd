import {
  type InstanceV1,
  OmgError,
  type RuntimeFactoryOptions,
  type RuntimeV1,
  redactor,
  type StartRequest,
} from "@omg/core/runtime";
import { type Container, givenUp, startContainer } from "./container/container.ts";
import { readEnvFiles } from "./container/env-file.ts";
import { mountsOf } from "./container/mounts.ts";
import { refuseHostNetwork } from "./container/refuse-host-network.ts";
import { stdioInstance } from "./container/stdio-instance.ts";
import type { Engine } from "./engine/engine.ts";
import { isOfThisMachine } from "./engine/engine-address.ts";
import { pathFrom } from "./engine/find-engine.ts";
import { Engines } from "./engines.ts";
import { Images } from "./images/images.ts";
import { type DockerOptions, dockerOptions } from "./options.ts";
import { remarksOn } from "./remarks.ts";
import { startFailure } from "./start-failures.ts";

/** `hostEnv`: where the engine is (DOCKER_HOST and the like), and the home of its user. Default: none. */
export type DockerRuntimeOptions = RuntimeFactoryOptions;

/**
 * Runs servers in containers (`docker`), through the API of a Docker engine or one that speaks it. Each instance is one
 * container, with as few rights as a server needs, which the engine removes when it ends.
 */
export function dockerRuntime({
  hostEnv = {},
}: DockerRuntimeOptions = {}): RuntimeV1<DockerOptions> & AsyncDisposable {
  const engines = new Engines(hostEnv);
  const images = new Images(hostEnv);
  const starting = new Set<Promise<unknown>>();
  const running = new Set<InstanceV1>();

  return {
    specVersion: "v1",
    name: "docker",
    options: dockerOptions,
    remarks: remarksOn,

    async prepare(request) {
      const engine = await engines.of(request);
      await images.prepare(engine, request);
    },

    async start(request) {
      if (request.signal.aborted) throw givenUp(request);
      const started = start(request);
      starting.add(started);
      try {
        return await started;
      } finally {
        starting.delete(started);
      }
    },

    check: ({ signal }) => engines.check(signal),

    sweep: (request) => engines.sweep(request),

    async [Symbol.asyncDispose]() {
      await Promise.allSettled(starting);
      await Promise.all([...running].map((instance) => instance[Symbol.asyncDispose]()));
      await engines[Symbol.asyncDispose]();
    },
  };

  async function start(request: StartRequest<DockerOptions>): Promise<InstanceV1> {
    const engine = await engines.of(request);
    const instance = await startOn(engine, request);
    running.add(instance);
    void instance.exited.then(() => instance[Symbol.asyncDispose]()).then(() => running.delete(instance));
    return instance;
  }

  async function startOn(engine: Engine, request: StartRequest<DockerOptions>): Promise<InstanceV1> {
    const { server, options, baseDirectory, signal, owner } = request;
    const caretaker = engines.caretaker(engine, owner);
    try {
      const image = await images.resolved(engine, request);
      // What may be left of an earlier one goes first: a server never runs twice.
      await caretaker.settle(server, signal);
      const files = [options.env_file ?? []].flat().map((file) => pathFrom(file, hostEnv, baseDirectory));
      const fromFiles = await readEnvFiles(server, files);
      const env = { ...fromFiles, ...request.env };
      const mounts = await mountsOf({
        server,
        volumes: options.volumes,
        engine: engine.address,
        hostEnv,
        baseDirectory,
      });
      const isStdio = options.transport === "stdio";
      if (!isStdio && !isOfThisMachine(engine.address)) throw tooFar(server, engine);
      await refuseHostNetwork({ server, network: options.network, engine, signal });
      const container = await startContainer({ engine, caretaker, request, image, env, mounts });
      // The gateway does not know these values, so it can not hide them.
      const redact = redactor(Object.values(fromFiles));
      const careful = { ...request, log: (line: string) => request.log(redact(line)) };
      return isStdio ? stdioInstance(container, careful) : await startHttp(container, careful);
    } catch (error) {
      if (signal.aborted) throw givenUp(request);
      throw startFailure(server, engine, error);
    }
  }
}

async function startHttp(container: Container, request: StartRequest<DockerOptions>): Promise<InstanceV1> {
  try {
    // Most servers speak over stdio, and need no HTTP client.
    const { httpInstance } = await import("./container/http-instance.ts");
    return await httpInstance(container, request);
  } catch (error) {
    await container.remove();
    container.connection.destroy();
    throw error;
  }
}

function tooFar(server: string, engine: Engine): OmgError {
  return new OmgError("upstream_start_failed", {
    server,
    detail: "engine_far",
    message:
      `Server '${server}' did not start: transport: http needs an engine of this machine, since the server is published on ` +
      `loopback there; ${engine.name} is another. Use stdio.`,
  });
}

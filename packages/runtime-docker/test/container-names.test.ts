import { randomUUID } from "node:crypto";
import { expect, test, vi } from "vitest";
import { ownerLabel } from "../src/container/labels.ts";
import { dockerRuntime } from "../src/index.ts";
import { DockerApi } from "./support/docker-api.ts";
import { describeWithEngine } from "./support/engine.ts";
import { startRequest } from "./support/start-request.ts";

// Containers take their time on a machine that does much else.
vi.setConfig({ testTimeout: 60_000 });

const image = "omg-test/busybox:1";

describeWithEngine("the name that an entry gives its containers", ({ socketPath }) => {
  const api = new DockerApi(socketPath);
  const setUp = () => {
    const owner = `test-${randomUUID()}`;
    const runtime = dockerRuntime({ hostEnv: { DOCKER_HOST: `unix://${socketPath}` } });
    const container_name = `omg-${owner}`;
    const options = { image, command: "cat", network: "none", container_name };
    return {
      runtime,
      container_name,
      start: async () => runtime.start(await startRequest(runtime, options, { owner })),
      names: async () => (await api.containers(owner)).map(({ name }) => name).sort(),
    };
  };
  /** A container of that name that is not of the gateway under test; gone at the end. */
  const container = async (name: string, labels: Record<string, string>) => {
    await api.ask("POST", `/containers/create?name=${name}`, { Image: image, Labels: labels });
    const remove = () => api.ask("DELETE", `/containers/${name}?force=1`);
    return { [Symbol.asyncDispose]: async () => void (await remove()) };
  };

  test("goes to one at a time: others beside it get numbers, and one after it the name itself", async () => {
    const { runtime, container_name, start, names } = setUp();
    await using _runtime = runtime;
    const [first, second] = await Promise.all([start(), start()]);
    expect(await names()).toEqual([container_name, `${container_name}-2`]);
    await Promise.all([first, second].map((instance) => instance[Symbol.asyncDispose]()));
    expect(await names()).toEqual([]);
    await using _third = await start();
    expect(await names()).toEqual([container_name]);
  });

  test("that somebody else's container has is refused, and that container stays as it is", async () => {
    const { runtime, container_name, start, names } = setUp();
    await using _runtime = runtime;
    await using _other = await container(container_name, {});
    await expect(start()).rejects.toMatchObject({
      reason: "upstream_start_failed",
      detail: "name_in_use",
      message: expect.stringMatching(new RegExp(`"/${container_name}" is already in use.*"container_name"`)),
    });
    expect(await names()).toEqual([]);
    expect(await api.ask("GET", `/containers/${container_name}/json`)).toMatchObject({
      State: { Status: "created" },
    });
  });

  test("that a container of another gateway has gets a number", async () => {
    const { runtime, container_name, start, names } = setUp();
    await using _runtime = runtime;
    await using _other = await container(container_name, { [ownerLabel]: `test-${randomUUID()}` });
    await using _instance = await start();
    expect(await names()).toEqual([`${container_name}-2`]);
  });
});

import { OmgError } from "@omg/core/runtime";
import { connectRaw } from "@omg/runtime-testkit";
import { expect, test, vi } from "vitest";
import dockerRuntime from "../src/index.ts";
import { DockerApi } from "./support/docker-api.ts";
import { describeWithEngine } from "./support/engine.ts";
import { allowedVerbs, verbOf } from "./support/engine-verbs.ts";
import { FaultProxy } from "./support/fault-proxy.ts";
import { startRequest, stubServer } from "./support/stub-server.ts";

/** Waits for its end, whatever is said to it. */
const stubborn = { ...stubServer, args: ["-c", "trap '' TERM; sleep 1000 </dev/null"] };

// Containers take their time on a machine that does much else.
vi.setConfig({ testTimeout: 60_000 });

describeWithEngine("an engine is asked", ({ socketPath }) => {
  test("for what containers of one's own take, and nothing else", async () => {
    await using proxy = await FaultProxy.start({ engine: socketPath, choose: () => undefined });
    const engine = { socket: proxy.socketPath };
    const owner = `verbs-${crypto.randomUUID()}`;
    const { signal } = new AbortController();
    {
      await using runtime = dockerRuntime({ hostEnv: { DOCKER_HOST: `unix://${proxy.socketPath}` } });
      expect(await runtime.check?.({ signal })).toEqual({ ok: true });

      const absent = startRequest({ image: "127.0.0.1:1/omg/gone", pull: "always", engine }, { owner });
      await expect(runtime.prepare?.(absent)).rejects.toSatisfy(OmgError.is);

      // The name that both ask for is taken by the first.
      const named = { engine, container_name: `omg-${crypto.randomUUID()}` };
      await using one = await runtime.start(startRequest({ ...stubServer, ...named }, { owner }));
      // The network of those that have none, by another name.
      const { Id: network } = (await new DockerApi(socketPath).ask("GET", "/networks/none")) as {
        Id: string;
      };
      await using two = await runtime.start(startRequest({ ...stubborn, ...named, network }, { owner }));
      const client = await connectRaw(one.transport);
      expect(await client.request("ping")).toEqual({});
      await two[Symbol.asyncDispose]();
      await runtime.sweep?.({ owner, options: [], baseDirectory: "/", signal });
      await one.exited;
    }
    expect([...proxy.asked.keys()].toSorted()).toEqual(allowedVerbs.toSorted());
  });
});

test.each([
  ["POST", "/containers/x/exec"],
  ["POST", "/exec/x/start"],
  ["POST", "/build"],
  ["POST", "/volumes/create"],
  ["POST", "/networks/create"],
  ["GET", "/containers/x/archive?path=/"],
  ["PUT", "/containers/x/archive?path=/"],
  ["POST", "/swarm/init"],
  ["POST", "/commit?container=x"],
  ["DELETE", "/images/x"],
  ["POST", "/containers/prune"],
  ["POST", "/containers/x/update"],
])("%s %s is none of these", (method, target) => {
  expect(allowedVerbs).not.toContain(verbOf(method, target));
});

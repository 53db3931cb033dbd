import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { ContainerGateway } from "./support/container-gateway.ts";
import { DockerApi } from "./support/docker-api.ts";
import { describeWithEngine } from "./support/engine.ts";
import { canRunEngines, PrivateEngine } from "./support/private-engine.ts";
import { scriptedContainer } from "./support/scripted-container.ts";

// Containers take their time on a machine that does much else.
vi.setConfig({ testTimeout: 180_000, hookTimeout: 180_000 });

describeWithEngine("while an engine hangs", ({ socketPath }) => {
  describe.skipIf(!canRunEngines)("(needs root and dockerd)", () => {
    let engine: PrivateEngine;
    beforeAll(async () => {
      engine = await PrivateEngine.start(new DockerApi(socketPath), "omg-test/node:1");
    });
    afterAll(() => engine[Symbol.asyncDispose]());

    test("calls fail in their time, new servers do not start, those that speak HTTP go on; afterwards all is well", async () => {
      const servers = {
        stdio: scriptedContainer("stdio"),
        http: scriptedContainer("http"),
        cold: scriptedContainer("stdio"),
      };
      const settings = { request_timeout_seconds: 2 };
      const { socketPath } = engine;
      await using gateway = await ContainerGateway.open({ socketPath, servers, settings });
      const echo = (id: string) => gateway.call(id, "echo", { text: id });
      await Promise.all([echo("stdio"), echo("http")]);
      const before = await gateway.containers();

      await engine.hang();
      await Promise.all([
        expect(echo("stdio")).rejects.toMatchObject({ reason: "upstream_timeout", executed: "unknown" }),
        expect(echo("http")).resolves.toBe("http"),
        expect(echo("cold")).rejects.toMatchObject({
          reason: "runtime_unavailable",
          message: expect.stringContaining("no answer within 10 s"),
        }),
      ]);
      engine.goOn();

      for (const id of Object.keys(servers))
        await expect.poll(() => echo(id).catch(String), { timeout: 15_000 }).toBe(id);
      const after = await gateway.containers();
      expect(after).toHaveLength(3);
      expect(after.map(({ id }) => id)).toEqual(expect.arrayContaining(before.map(({ id }) => id)));
    });
  });
});

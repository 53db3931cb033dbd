import { expect, test, vi } from "vitest";
import { ContainerGateway } from "./support/container-gateway.ts";
import { describeWithEngine } from "./support/engine.ts";
import { gateTo } from "./support/gate.ts";
import { scriptedContainer, ways } from "./support/scripted-container.ts";

// Containers take their time on a machine that does much else.
vi.setConfig({ testTimeout: 60_000 });

for (const way of ways) {
  describeWithEngine(`with an engine that is only heard in part, over ${way}`, ({ socketPath }) => {
    const servers = { tested: scriptedContainer(way) };

    test("a container that is never started fails the call in time, and is removed", async () => {
      await using gate = await gateTo(socketPath);
      const settings = { start_timeout_seconds: 3 };
      await using gateway = await ContainerGateway.open({ socketPath: gate.socketPath, servers, settings });
      gate.hold = /\/start$/;
      const { seen } = await gateway.api.watch(gateway.owner, "create");
      const call = gateway.call("tested", "echo");
      const refused = expect(call).rejects.toMatchObject({
        reason: "upstream_start_failed",
        message: expect.stringContaining("was not ready within 3 s"),
      });
      await seen;
      expect(await gateway.container()).toMatchObject({ state: "created" });
      await refused;
      await expect.poll(() => gateway.containers(), { timeout: 10_000 }).toEqual([]);
    });

    test.each([/\/events/, /\/wait/, /\/events|\/wait/])(
      "the end of a container is noticed when %s is cut off",
      async (requests) => {
        await using gate = await gateTo(socketPath);
        await using gateway = await ContainerGateway.open({ socketPath: gate.socketPath, servers });
        await gateway.call("tested", "echo");
        gate.cut(requests);
        await expect(gateway.call("tested", "crash", { code: 3 })).rejects.toMatchObject({
          reason: "upstream_closed",
          message: expect.stringMatching(/: (?:exit code 3|its container was removed)$/),
        });
        expect(await gateway.call("tested", "echo", { text: "again" })).toBe("again");
      },
    );
  });
}

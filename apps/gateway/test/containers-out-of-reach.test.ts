import { readdirSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { DockerApi } from "../../../packages/runtime-docker/test/support/docker-api.ts";
import { describeWithEngine } from "../../../packages/runtime-docker/test/support/engine.ts";
import {
  canRunEngines,
  PrivateEngine,
} from "../../../packages/runtime-docker/test/support/private-engine.ts";
import { scriptedContainer } from "../../../packages/runtime-docker/test/support/scripted-container.ts";
import { RunningGateway, Sandbox } from "./support/omg.ts";

// Containers take their time on a machine that does much else.
vi.setConfig({ testTimeout: 180_000, hookTimeout: 180_000 });

/** A gateway has 10 s for its end once it has told everything to end. */
const endMs = 30_000;
const sweptMs = 20_000;

describeWithEngine("a gateway that ends while it can not reach its engine", ({ socketPath }) => {
  describe.skipIf(!canRunEngines)("(needs root and dockerd)", () => {
    let engine: PrivateEngine;
    beforeAll(async () => {
      engine = await PrivateEngine.start(new DockerApi(socketPath), "omg-test/node:1");
    });
    afterAll(() => engine[Symbol.asyncDispose]());

    const troubles = [
      { what: "hangs", begin: () => engine.hang(), end: () => engine.goOn(), left: 1 },
      // An engine that comes back removes by itself what was to be removed at its end.
      { what: "is down", begin: () => engine.end("SIGKILL"), end: () => engine.start(), left: 0 },
    ];
    for (const { what, begin, end, left } of troubles) {
      test(`because that ${what}, does end, and the next one removes what it had to leave`, async () => {
        using sandbox = new Sandbox();
        const server = scriptedContainer("stdio", "--ignore-eof", "--ignore-sigterm");
        const servers = [{ id: "one", runtime: { type: "docker", ...server } }];
        const args = ["--config", sandbox.write("catalog.yaml", { servers })];
        const env = { DOCKER_HOST: `unix://${engine.socketPath}` };
        const owners = () =>
          readdirSync(join(sandbox.folder, "state/omg/owners")).map((name) => name.replace(".json", ""));

        await using gateway = await RunningGateway.start(sandbox, args, env);
        expect(await gateway.call("one", "echo", { text: "here" })).toBe("here");
        const [owner = ""] = owners();
        await begin();
        const start = performance.now();
        expect(await gateway.stop()).toBe(0);
        const endedMs = performance.now() - start;
        expect(endedMs).toBeLessThan(endMs);
        process.stdout.write(`a gateway whose engine ${what} ended in ${endedMs.toFixed(0)} ms\n`);
        expect(owners()).toEqual([owner]);
        await end();
        expect(await engine.api.containers(owner)).toHaveLength(left);

        await using _next = await RunningGateway.start(sandbox, args, env);
        await expect.poll(() => engine.api.containers(owner), { timeout: sweptMs }).toEqual([]);
        await expect.poll(owners, { timeout: sweptMs }).not.toContain(owner);
      });
    }
  });
});

import type { OmgError } from "@omg/core/runtime";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { ContainerGateway } from "./support/container-gateway.ts";
import { DockerApi } from "./support/docker-api.ts";
import { describeWithEngine } from "./support/engine.ts";
import { canRunEngines, PrivateEngine } from "./support/private-engine.ts";
import { scriptedContainer } from "./support/scripted-container.ts";

// Containers take their time on a machine that does much else.
vi.setConfig({ testTimeout: 180_000, hookTimeout: 180_000 });

/** Promised are 2 s until callers hear of it, and 5 s from the engine's return until calls work. */
const heardMs = 6_000;
const backMs = 15_000;
/** Promised are 10 s. */
const goneMs = 20_000;
const callers = 10;
const STUBBORN = ["--ignore-eof", "--ignore-sigterm"];

describeWithEngine("an engine that goes away and comes back", ({ socketPath }) => {
  describe.skipIf(!canRunEngines)("(needs root and dockerd)", () => {
    let engine: PrivateEngine;
    beforeAll(async () => {
      engine = await PrivateEngine.start(new DockerApi(socketPath), "omg-test/node:1");
    });
    afterAll(() => engine[Symbol.asyncDispose]());

    const ends = [
      { how: "is killed", signal: "SIGKILL", liveRestore: false },
      { how: "is stopped", signal: "SIGTERM", liveRestore: false },
      { how: "is killed and leaves its containers running", signal: "SIGKILL", liveRestore: true },
      { how: "is stopped and leaves its containers running", signal: "SIGTERM", liveRestore: true },
    ] as const;
    for (const { how, signal, liveRestore } of ends) {
      test(`that ${how}: calls in flight fail, and each server has one container again`, async () => {
        await engine.end("SIGTERM");
        await engine.start({ liveRestore });
        const servers = {
          stdio: scriptedContainer("stdio"),
          stubborn: scriptedContainer("stdio", ...STUBBORN),
          http: scriptedContainer("http"),
        };
        await using gateway = await ContainerGateway.open({ socketPath: engine.socketPath, servers });
        const ids = Object.keys(servers);
        const calls = (await Promise.all(ids.map((id) => gateway.callsInFlight(id, callers)))).flat();

        const start = performance.now();
        const heard = calls.map(async (call) => {
          const error = (await call) as OmgError;
          return { error, ms: performance.now() - start };
        });
        await engine.end(signal);
        const errors = await Promise.all(heard);
        for (const { error, ms } of errors) {
          expect(error).toMatchObject({ reason: "upstream_closed", executed: "unknown" });
          expect(ms).toBeLessThan(heardMs);
        }

        const away = performance.now();
        for (const id of ids) {
          const error = await gateway.call(id, "echo").catch((error: unknown) => error);
          expect(["runtime_unavailable", "upstream_backoff"]).toContain((error as OmgError).reason);
          expect((error as OmgError).message).toContain(`no engine answers at unix://${engine.socketPath}`);
        }
        expect(performance.now() - away).toBeLessThan(heardMs);

        await engine.start({ liveRestore });
        const back = performance.now();
        for (const id of ids)
          await expect
            .poll(() => gateway.call(id, "echo", { text: id }).catch(String), { timeout: backMs })
            .toBe(id);
        const usable = performance.now() - back;
        const latest = Math.max(...errors.map(({ ms }) => ms));
        process.stdout.write(
          `an engine that ${how}: heard of in ${latest.toFixed(0)} ms, usable ${usable.toFixed(0)} ms after its return\n`,
        );
        await expect
          .poll(
            async () =>
              (await gateway.containers()).map(({ labels }) => labels["io.omg.server"] ?? "").sort(),
            { timeout: backMs },
          )
          .toEqual([...ids].sort());
      });
    }

    test("that left containers running has none of them soon after its return, also if nobody calls", async () => {
      await engine.end("SIGTERM");
      await engine.start({ liveRestore: true });
      const servers = { stubborn: scriptedContainer("stdio", ...STUBBORN) };
      await using gateway = await ContainerGateway.open({ socketPath: engine.socketPath, servers });
      await gateway.call("stubborn", "echo");
      await engine.end("SIGKILL");
      await engine.start({ liveRestore: true });
      const back = performance.now();
      await expect.poll(() => gateway.containers(), { timeout: goneMs }).toEqual([]);
      const gone = performance.now() - back;
      process.stdout.write(
        `what ran on without its engine: removed ${gone.toFixed(0)} ms after its return\n`,
      );
    });
  });
});

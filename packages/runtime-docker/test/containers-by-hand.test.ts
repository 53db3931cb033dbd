import type { OmgError } from "@omg/core/runtime";
import { expect, test, vi } from "vitest";
import { ContainerGateway } from "./support/container-gateway.ts";
import { describeWithEngine } from "./support/engine.ts";
import { scriptedContainer, ways } from "./support/scripted-container.ts";

// Containers take their time on a machine that does much else.
vi.setConfig({ testTimeout: 60_000 });

const callers = 20;
const toldWithinMs = 10_000;

interface Deed {
  readonly what: string;
  /** What people do to a container past the gateway, as requests to the engine. */
  readonly deed: readonly (readonly [method: string, path: string])[];
  /** What its callers read of it. */
  readonly said: RegExp;
}

const fatal: readonly Deed[] = [
  { what: "killed", deed: [["POST", "/kill"]], said: /: exit code 137$/ },
  { what: "restarted", deed: [["POST", "/restart?t=0"]], said: /: exit code \d+$/ },
  { what: "removed", deed: [["DELETE", "?force=1"]], said: /: (?:exit code 137|its container was removed)$/ },
  { what: "paused", deed: [["POST", "/pause"]], said: /: its container was paused$/ },
  {
    what: "paused for a moment",
    deed: [
      ["POST", "/pause"],
      ["POST", "/unpause"],
    ],
    said: /: its container was paused$/,
  },
];

for (const way of ways) {
  describeWithEngine(`a container with which one speaks over ${way}`, ({ socketPath }) => {
    const open = () => ContainerGateway.open({ socketPath, servers: { tested: scriptedContainer(way) } });

    for (const { what, deed, said } of fatal) {
      test(`that is ${what} by hand fails its calls, which say so, and the next call has a new one`, async () => {
        await using gateway = await open();
        const calls = await gateway.callsInFlight("tested", callers);
        const before = await gateway.container();

        const start = performance.now();
        // The gateway may have removed it before the second.
        for (const [method, path] of deed)
          await gateway.api.ask(method, `/containers/${before.id}${path}`).catch(() => {});
        for (const error of await Promise.all(calls)) {
          expect(error).toMatchObject({ reason: "upstream_closed", executed: "unknown", server: "tested" });
          expect((error as OmgError).message).toMatch(said);
        }
        expect(performance.now() - start).toBeLessThan(toldWithinMs);

        expect(await gateway.call("tested", "echo", { text: "again" })).toBe("again");
        const after = await gateway.container();
        expect(after.state).toBe("running");
        expect(after.id).not.toBe(before.id);
      });
    }

    test("that is renamed by hand goes on, and ends with the gateway", async () => {
      await using gateway = await open();
      expect(await gateway.call("tested", "echo", { text: "before" })).toBe("before");
      const { id } = await gateway.container();
      await gateway.api.ask("POST", `/containers/${id}/rename?name=${gateway.owner}-renamed`);
      expect(await gateway.call("tested", "echo", { text: "after" })).toBe("after");
      expect(await gateway.container()).toMatchObject({ id, name: `${gateway.owner}-renamed` });
    });

    test.each([137, 143])("whose server exits with %i fails the call with that", async (code) => {
      await using gateway = await open();
      const error = await gateway.call("tested", "crash", { code }).catch((error: unknown) => error);
      expect(error).toMatchObject({ reason: "upstream_closed", executed: "unknown" });
      expect((error as OmgError).message).toMatch(new RegExp(`: exit code ${code}$`));
      expect(await gateway.call("tested", "echo", { text: "again" })).toBe("again");
    });
  });
}

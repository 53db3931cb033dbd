import { fileURLToPath } from "node:url";
import type { OmgError } from "@omg/core/runtime";
import { expect, test, vi } from "vitest";
import { ContainerGateway } from "./support/container-gateway.ts";
import { describeWithEngine } from "./support/engine.ts";
import { containerOf, ways } from "./support/scripted-container.ts";

// Containers take their time on a machine that does much else.
vi.setConfig({ testTimeout: 60_000 });

const file = fileURLToPath(new URL("fixtures/hungry-server.mjs", import.meta.url));
const memory = "128m";

for (const way of ways) {
  describeWithEngine(`a container that runs out of memory, over ${way}`, ({ socketPath }) => {
    const open = () =>
      ContainerGateway.open({
        socketPath,
        servers: { hungry: { ...containerOf(way, { file, args: [] }), memory } },
      });
    const logged = ({ events }: ContainerGateway) =>
      events.flatMap((event) => (event.type === "server-log" ? [event.line] : []));

    test("fails the call with that, and the next call has a new one", async () => {
      await using gateway = await open();
      const error = await gateway.call("hungry", "eat").catch((error: unknown) => error);
      expect(error).toMatchObject({ reason: "upstream_closed", executed: "unknown" });
      expect((error as OmgError).message).toMatch(/: out of memory \(limit 128m\)$/);
      expect(await gateway.call("hungry", "echo", { text: "again" })).toBe("again");
    });

    test("goes on if only a child of the server is killed for it, and the log says so", async () => {
      await using gateway = await open();
      expect(await gateway.call("hungry", "feed")).toBe("it ended by SIGKILL");
      expect(await gateway.call("hungry", "echo", { text: "lives" })).toBe("lives");
      await expect
        .poll(() => logged(gateway), { timeout: 10_000 })
        .toContain("out of memory (limit 128m): a process of the container was killed");
    });

    test("says so if the server ends because a child of it was killed", async () => {
      await using gateway = await open();
      const error = await gateway.call("hungry", "feed", { mourns: true }).catch((error: unknown) => error);
      expect(error).toMatchObject({ reason: "upstream_closed" });
      expect((error as OmgError).message).toMatch(/: exit code 3, having run out of memory \(limit 128m\)$/);
    });
  });
}

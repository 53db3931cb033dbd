import { expect, test, vi } from "vitest";
import { docker } from "./support/docker-command.ts";
import { pullWorld } from "./support/pull-world.ts";
import { describeWithRegistry } from "./support/registry.ts";

// Engines are slow where much else runs.
vi.setConfig({ testTimeout: 120_000 });

describeWithRegistry("when an image is fetched", (engine) => {
  test("missing: only if the engine has none of that name", async () => {
    await using world = await pullWorld(engine);
    const { id } = await world.publish({ name: "policy:1" });
    expect(await world.runs(await world.request("policy:1"))).toBe(id);
    const asked = world.proxy.requests.length;
    expect(asked).toBeGreaterThan(0);
    expect(await world.runs(await world.request("policy:1"))).toBe(id);
    expect(world.proxy.requests.length).toBe(asked);
  });

  test("missing: also if the engine has it for another platform only", async () => {
    await using world = await pullWorld(engine);
    await world.publish({ name: "policy:1" });
    await world.runtime.prepare?.(await world.request("policy:1"));
    const other = await world.publish({ name: "policy:1", architecture: "s390x" });
    const request = await world.request("policy:1", { platform: "linux/s390x" });
    await world.runtime.prepare?.(request);
    const id = await docker(engine, "inspect", "--format", "{{.Id}}", world.reference("policy:1"));
    expect(id).toBe(other.id);
  });

  test("always: once for each entry, and not for each instance", async () => {
    await using world = await pullWorld(engine);
    const { runtime, proxy } = world;
    await world.publish({ name: "policy:1" });
    const entry = { pull: "always" };
    const first = await world.request("policy:1", entry);
    await runtime.prepare?.(first);
    const asked = proxy.requests.length;
    await runtime.prepare?.(await world.request("policy:1", entry, { options: first.options }));
    expect(proxy.requests.length).toBe(asked);
    await runtime.prepare?.(await world.request("policy:1", entry));
    expect(proxy.requests.length).toBeGreaterThan(asked);
  });

  test("never: the engine's is used, or the start fails and says what to do", async () => {
    await using world = await pullWorld(engine);
    const { id } = await world.publish({ name: "policy:1" });
    const without = world.runs(await world.request("policy:1", { pull: "never" }));
    await expect(without).rejects.toMatchObject({
      reason: "upstream_start_failed",
      detail: "image_missing",
      message: `Server 'tested' did not start: the engine has no image ${world.reference("policy:1")}, and "pull" is never. Build or pull it.`,
    });
    expect(world.proxy.requests).toEqual([]);

    await docker(engine, "pull", "--quiet", world.reference("policy:1"));
    const asked = world.proxy.requests.length;
    expect(await world.runs(await world.request("policy:1", { pull: "never" }))).toBe(id);
    expect(world.proxy.requests.length).toBe(asked);
  });

  test("require_digest takes an image with a digest, with or without a tag, and no other", async () => {
    await using world = await pullWorld(engine);
    const { id, digest } = await world.publish({ name: "policy:1" });
    await world.publish({ name: "policy:1" });
    const entry = { require_digest: true };
    await expect(world.request("policy:1", entry)).rejects.toThrow("must name a digest");
    for (const name of [`policy@${digest}`, `policy:1@${digest}`]) {
      const request = await world.request(name, entry);
      expect(await world.runs(request)).toBe(id);
      expect(request.lines).toEqual([]);
    }
  });
});

import { expect, test, vi } from "vitest";
import { docker } from "./support/docker-command.ts";
import { memoryStore } from "./support/docker-request.ts";
import { pullWorld } from "./support/pull-world.ts";
import { describeWithRegistry } from "./support/registry.ts";

// Engines are slow where much else runs.
vi.setConfig({ testTimeout: 120_000 });

describeWithRegistry("the image of an entry", (engine) => {
  test("stays the same while its tag moves, until the entry changes, which is told", async () => {
    await using world = await pullWorld(engine);
    const name = world.reference("moving:1");
    const store = memoryStore();
    const before = await world.publish({ name: "moving:1" });
    const entry = { pull: "always" };
    const request = await world.request("moving:1", entry, { store });
    expect(await world.runs(request)).toBe(before.id);
    expect(request.lines).toEqual([`image ${name} is ${before.digest}`]);

    const after = await world.publish({ name: "moving:1" });
    expect(await world.runs(request)).toBe(before.id);
    await docker(engine, "pull", "--quiet", name);
    expect(await docker(engine, "inspect", "--format", "{{.Id}}", name)).toBe(after.id);
    expect(await world.runs(request)).toBe(before.id);
    expect(request.lines).toHaveLength(1);

    // A changed entry, or a new gateway, has options of its own; what the store holds is what both know.
    const changed = await world.request("moving:1", entry, { store });
    expect(await world.runs(changed)).toBe(after.id);
    expect(changed.lines).toEqual([`image ${name} was ${before.digest} and is now ${after.digest}`]);
    const later = await world.request("moving:1", entry, { store });
    await world.runs(later);
    expect(later.lines).toEqual([`image ${name} is ${after.digest}`]);
  });

  test("is fetched again by its digest when somebody has removed it", async () => {
    await using world = await pullWorld(engine);
    const { id } = await world.publish({ name: "removed:1" });
    const request = await world.request("removed:1");
    expect(await world.runs(request)).toBe(id);
    await world.publish({ name: "removed:1" });
    await docker(engine, "rmi", world.reference("removed:1"));
    world.proxy.requests.length = 0;
    expect(await world.runs(request)).toBe(id);
    // From the registry, though its tag stands for another there; engines may still know the manifest.
    expect(world.proxy.requests.join()).toContain("/v2/removed/blobs/");
    expect(request.lines).toHaveLength(1);
  });

  test("that no registry has any more is not replaced by another behind the user's back", async () => {
    await using world = await pullWorld(engine);
    const { digest } = await world.publish({ name: "gone:1" });
    const request = await world.request("gone:1");
    await world.runtime.prepare?.(request);
    await docker(engine, "rmi", world.reference("gone:1"));
    const body = JSON.stringify({ errors: [{ code: "MANIFEST_UNKNOWN", message: "manifest unknown" }] });
    world.proxy.fault = (path) => (path === "/v2/" ? undefined : { instead: { status: 404, body } });
    const { address } = world.proxy;
    await expect(world.runtime.prepare?.(request)).rejects.toMatchObject({
      detail: "image_pull_failed",
      message: expect.stringMatching(
        new RegExp(`the image ${address}/gone@${digest} could not be pulled: .* change the entry or restart`),
      ),
    });
  });

  test("that was built here and is lost gives way to the one that has its name now", async () => {
    await using world = await pullWorld(engine);
    const local = `omg-test/built-${process.pid}:dev`;
    const [first, second] = [
      await world.publish({ name: "built:1" }),
      await world.publish({ name: "built:2" }),
    ];
    for (const tag of ["1", "2"]) await docker(engine, "pull", "--quiet", world.reference(`built:${tag}`));
    const use = (id: string) => docker(engine, "tag", id, local);
    await use(first.id);
    const request = await world.request("unused", { image: local });
    expect(await world.runs(request)).toBe(first.id);
    await use(second.id);
    expect(await world.runs(request)).toBe(first.id);
    await docker(engine, "rmi", world.reference("built:1"));
    expect(await world.runs(request)).toBe(second.id);
    expect(request.lines).toEqual([
      `image ${local} is ${first.id}`,
      `image ${local} was ${first.id} and is now ${second.id}`,
    ]);
  });
});

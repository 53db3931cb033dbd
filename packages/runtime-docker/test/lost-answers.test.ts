import { connectRaw } from "@omg/runtime-testkit";
import { expect, test, vi } from "vitest";
import { ofOwner } from "../src/container/labels.ts";
import { Engine } from "../src/engine/engine.ts";
import dockerRuntime from "../src/index.ts";
import { describeWithEngine } from "./support/engine.ts";
import type { FaultChoice } from "./support/fault.ts";
import { FaultProxy } from "./support/fault-proxy.ts";
import { startRequest, stubServer } from "./support/stub-server.ts";

// Containers take their time on a machine that does much else.
vi.setConfig({ testTimeout: 60_000 });

describeWithEngine("an answer that gets lost", ({ socketPath }) => {
  const withFaults = (faults: Readonly<Record<string, FaultChoice>>) =>
    FaultProxy.start({ engine: socketPath, choose: (verb) => faults[verb] });
  const requestFor = ({ socketPath }: FaultProxy, changes = {}) =>
    startRequest({ ...stubServer, engine: { socket: socketPath } }, changes);

  test("of a creation: the container is found by its name, and used", async () => {
    await using proxy = await withFaults({ create: { fault: "lost", ms: 0 } });
    await using runtime = dockerRuntime();
    const instance = await runtime.start(requestFor(proxy));
    const client = await connectRaw(instance.transport);
    expect(await client.request("ping")).toEqual({});
    expect(proxy.asked.get("create")).toBe(1);
  });

  test("of a start: the instance is not used, and its container goes", async () => {
    await using proxy = await withFaults({ start: { fault: "lost", ms: 0 } });
    await using runtime = dockerRuntime();
    const request = requestFor(proxy);
    await expect(runtime.start(request)).rejects.toMatchObject({ reason: "runtime_unavailable" });
    expect(await left(request.owner)).toEqual([]);
  });

  test("of a creation that was given up: its container goes before the runtime has", async () => {
    await using proxy = await withFaults({ create: { fault: "silent", ms: 0 } });
    const controller = new AbortController();
    const request = { ...requestFor(proxy), signal: controller.signal };
    const runtime = dockerRuntime();
    const refused = expect(runtime.start(request)).rejects.toMatchObject({ reason: "cancelled" });
    await expect.poll(() => left(request.owner), { timeout: 10_000 }).toHaveLength(1);
    controller.abort();
    // As when the gateway ends: the runtime with it, in the middle of a start.
    await runtime[Symbol.asyncDispose]();
    expect(await left(request.owner)).toEqual([]);
    await refused;
  });

  test("of every question after the end: a stop comes to its own", async () => {
    const faults: Record<string, FaultChoice> = {
      wait: { fault: "deaf", ms: 0 },
      events: { fault: "mute", ms: 0 },
    };
    await using proxy = await withFaults(faults);
    await using runtime = dockerRuntime();
    const request = requestFor(proxy);
    const instance = await runtime.start(request);
    await instance[Symbol.asyncDispose]();
    expect(await instance.exited).toEqual({ reason: "stopped", detail: "its container was removed" });
    expect(await left(request.owner)).toEqual([]);
  });

  test("over one way to an engine is no reason to remove what is used over another", async () => {
    await using proxy = await withFaults({ create: { fault: "answers 500", ms: 0 } });
    await using runtime = dockerRuntime();
    const request = requestFor(proxy);
    const { owner } = request;
    const directly = startRequest(
      { ...stubServer, engine: { socket: socketPath } },
      { owner, server: "other" },
    );
    const other = await runtime.start(directly);
    await expect(runtime.start(request)).rejects.toMatchObject({ reason: "upstream_start_failed" });
    proxy.heal();
    // It starts when all that is unwanted has been removed.
    await runtime.start(requestFor(proxy, { owner }));
    const client = await connectRaw(other.transport);
    expect(await client.request("ping")).toEqual({});
  });

  test("of a removal: the next start of the server sees to it first", async () => {
    const faults: Record<string, FaultChoice> = {
      attach: { fault: "answers 500", ms: 0 },
      remove: { fault: "refused", ms: 0 },
    };
    await using proxy = await withFaults(faults);
    await using runtime = dockerRuntime();
    const request = requestFor(proxy);
    await expect(runtime.start(request)).rejects.toThrow(`the engine says "the engine is not well"`);
    const [broken] = await left(request.owner);
    expect(broken).toBeDefined();
    proxy.heal();
    const instance = await runtime.start({ ...request, instanceId: crypto.randomUUID() });
    const there = await left(request.owner);
    expect(there).toHaveLength(1);
    expect(there).not.toContain(broken);
    await instance[Symbol.asyncDispose]();
    expect(await left(request.owner)).toEqual([]);
  });

  async function left(owner: string): Promise<readonly string[]> {
    const found = await new Engine({ socketPath }).list(ofOwner(owner));
    return found.map(({ id }) => id);
  }
});

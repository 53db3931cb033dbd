import { OmgError } from "@omg/core/runtime";
import { expect, test, vi } from "vitest";
import { Engine as EngineClient } from "../src/engine/engine.ts";
import { PullFailure, Pulls } from "../src/images/pulls.ts";
import { pullWorld } from "./support/pull-world.ts";
import { describeWithRegistry } from "./support/registry.ts";
import { slowBlobs } from "./support/registry-proxy.ts";

const megabyte = 1024 ** 2;

/** Resolves when a request has been told so. */
function toldOf(percent: RegExp) {
  const { promise, resolve } = Promise.withResolvers<void>();
  const news: string[] = [];
  const progress = (message: string) => {
    news.push(message);
    if (percent.test(message)) resolve();
  };
  return { told: promise, progress, news };
}

function percentOf(message: string): number {
  return Number(/: (\d+) %$/.exec(message)?.[1]);
}

// Engines are slow where much else runs.
vi.setConfig({ testTimeout: 120_000 });

describeWithRegistry("a pull", (engine) => {
  test("is one for all servers with the image, and for all callers of a server", async () => {
    await using world = await pullWorld(engine);
    const { runtime, proxy } = world;
    await world.publish({ name: "shared:1", layers: [2 * megabyte, 100] });
    const { fault, open } = slowBlobs(1.5 * megabyte);
    proxy.fault = fault;

    const first = await world.request("shared:1");
    const told = toldOf(/[1-9] %/);
    const again = await world.request("shared:1", {}, { options: first.options, progress: told.progress });
    const others = await Promise.all(["b", "c"].map((server) => world.request("shared:1", {}, { server })));
    const prepared = [first, ...others, again].map((request) => runtime.prepare?.(request));
    await told.told;
    open();
    await Promise.all(prepared);

    const manifests = proxy.requests.filter((request) => request.startsWith("HEAD "));
    expect(manifests).toEqual(["HEAD /v2/shared/manifests/1"]);
    const blobs = proxy.requests.filter((request) => request.includes("/blobs/"));
    expect(new Set(blobs).size).toBe(blobs.length);
    for (const { news } of [first, ...others]) expect(news.at(-1)).toMatch(/: 100 %$/);
  });

  test("is told in percent of the whole image, rising to 100, to each who waits", async () => {
    await using world = await pullWorld(engine);
    const { runtime, proxy } = world;
    await world.publish({ name: "large:1", layers: [3 * megabyte, 2 * megabyte, 2 * megabyte, 10_000] });
    const { fault, open } = slowBlobs(1.5 * megabyte);
    proxy.fault = fault;

    const told = toldOf(/[1-9]\d %$/);
    const pulled = runtime.prepare?.(await world.request("large:1", {}, { progress: told.progress }));
    await told.told;
    const late = toldOf(/%/);
    const pulledLate = runtime.prepare?.(await world.request("large:1", {}, { progress: late.progress }));
    await late.told;
    expect(percentOf(late.news[0] ?? "")).toBe(percentOf(told.news.at(-1) ?? ""));
    expect(percentOf(told.news.at(-1) ?? "")).toBeLessThan(90);
    open();
    await Promise.all([pulled, pulledLate]);

    const figures = told.news.map(percentOf);
    expect(figures).toEqual([...new Set(figures)].sort((a, b) => a - b));
    expect([figures[0], figures.at(-1)]).toEqual([0, 100]);
    expect(told.news[0]).toBe(`pulling ${world.reference("large:1")}: 0 %`);
    expect(late.news.at(-1)).toBe(told.news.at(-1));
  });

  test("goes on without those who give up, and ends with the last", async () => {
    await using world = await pullWorld(engine);
    const { runtime, proxy } = world;
    const { id } = await world.publish({ name: "slow:1", layers: [3 * megabyte] });
    const held = slowBlobs(1.5 * megabyte);
    proxy.fault = held.fault;
    let isCut = false;
    void held.hungUp.then(() => {
      isCut = true;
    });

    const [one, two] = [new AbortController(), new AbortController()];
    const told = toldOf(/[1-9] %/);
    const first = runtime.prepare?.(await world.request("slow:1", {}, { signal: one.signal }));
    const second = runtime.prepare?.(
      await world.request("slow:1", {}, { signal: two.signal, progress: told.progress }),
    );
    await told.told;
    one.abort(new OmgError("cancelled", { message: "the first has had enough" }));
    await expect(first).rejects.toThrow("the first has had enough");
    expect(isCut).toBe(false);
    two.abort();
    await expect(second).rejects.toMatchObject({ reason: "cancelled" });

    // Who comes at this very moment gets a pull of its own.
    proxy.fault = () => undefined;
    const third = await world.request("slow:1");
    expect(await world.runs(third)).toBe(id);
    await held.hungUp;
    held.open();
  });

  test("has a deadline of its own", async () => {
    await using world = await pullWorld(engine);
    await world.publish({ name: "stuck:1", layers: [3 * megabyte] });
    const held = slowBlobs(1.5 * megabyte);
    world.proxy.fault = held.fault;
    const reference = world.reference("stuck:1");
    const pulling = new Pulls({}, 1_000).pull({
      engine: new EngineClient({ socketPath: engine.socketPath }),
      reference,
      platform: undefined,
      signal: new AbortController().signal,
      progress: () => {},
    });
    const failure = await pulling.catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(PullFailure);
    expect((failure as PullFailure).failure).toMatchObject({
      said: "it was not complete after 1 s",
      isSilence: false,
    });
    held.open();
  });

  test("that is cut off is tried again by the engine, and goes on where it was for those who wait", async () => {
    await using world = await pullWorld(engine);
    const { id } = await world.publish({ name: "cut:1", layers: [3 * megabyte] });
    let cuts = 0;
    world.proxy.fault = (path) =>
      path.includes("/blobs/") && !path.includes(id) && cuts++ === 0 ? { cutAfter: 2 * megabyte } : undefined;
    const request = await world.request("cut:1");
    expect(await world.runs(request)).toBe(id);
    const figures = request.news.map(percentOf);
    expect(figures).toEqual([...new Set(figures)].sort((a, b) => a - b));
    expect(cuts).toBeGreaterThan(1);
  });
});

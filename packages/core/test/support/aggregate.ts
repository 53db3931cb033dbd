import { memoryStore } from "../../src/gateway/memory-store.ts";
import { planServer } from "../../src/gateway/plan-server.ts";
import { Pins } from "../../src/pins/pins.ts";
import { PooledServer } from "../../src/pool/server.ts";
import { StartLimiter } from "../../src/pool/start-limiter.ts";
import { AggregateEndpoint } from "../../src/router/aggregate.ts";
import { Catalog } from "../../src/router/catalog.ts";
import { ListingMemory } from "../../src/router/listing-memory.ts";
import { Subscriptions } from "../../src/router/subscriptions.ts";
import { FakeRuntime, type FakeServer } from "./fake-runtime.ts";
import { fakeEntry } from "./gateway.ts";
import { VirtualClock } from "./virtual-clock.ts";

/** The aggregate of servers that live in the test, as one caller sees it; without clients and sessions. */
export async function aggregateOf(servers: Record<string, FakeServer>, session: string) {
  const clock = new VirtualClock();
  const store = memoryStore();
  const emit = () => {};
  const runtime = new FakeRuntime(servers);
  const memory = new ListingMemory({
    clock,
    waitMs: 3000,
    maxWaiters: 10,
    store,
    emit,
    onChange: () => catalog.changed(),
  });
  const catalog: Catalog = new Catalog(memory, new Pins(emit), emit);
  const settings = { hostEnv: {}, store, fingerprintKey: "k", owner: "o", clock, emit };
  const planned = Object.keys(servers).map((id) =>
    planServer(fakeEntry(id), { ...settings, config: { servers: [] }, runtimes: [runtime] }),
  );
  let instances = 0;
  const pooled = (await Promise.all(planned)).map(
    (plan) =>
      new PooledServer(plan, {
        idleTimeoutMs: 300_000,
        maxWaiters: 10,
        drainTimeoutMs: 1000,
        limiter: new StartLimiter(8),
        clock,
        emit,
        instanceNumber: () => ++instances,
        isLive: () => true,
        client: () => undefined,
        onChange() {},
        onReady() {},
        tool: async () => undefined,
      }),
  );
  catalog.replace(pooled);
  await catalog.learnAll(session);
  const subscriptions = new Subscriptions(() => {});
  const endpoint = new AggregateEndpoint({ catalog, subscriptions, session, clock });
  return { endpoint, catalog, clock, runtime };
}

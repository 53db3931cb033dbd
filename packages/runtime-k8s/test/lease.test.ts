import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { Cluster } from "../src/cluster/cluster.ts";
import { ExpiredLeases, Lease, leasesPath } from "../src/ownership/lease.ts";
import { type Asked, breaksOff, FakeApiServer, refused } from "./support/fake-api-server.ts";

const path = leasesPath("ns");

let server: FakeApiServer;
let cluster: Cluster;
beforeEach(async () => {
  server = await FakeApiServer.start();
  cluster = new Cluster({ config: server.config() });
  vi.useFakeTimers({ toFake: ["setInterval", "clearInterval", "performance", "Date"] });
});
afterEach(async () => {
  vi.useRealTimers();
  await cluster[Symbol.asyncDispose]();
  await server[Symbol.asyncDispose]();
});

function lease(owner: string): Lease {
  return new Lease(cluster, "ns", owner);
}

function asked(method: string): Asked[] {
  return server.asked.filter((one) => one.method === method);
}

/** Resolves once so many requests of a kind have come, and been answered. */
async function until(method: string, count: number): Promise<void> {
  while (asked(method).length < count) await new Promise((next) => setImmediate(next));
  await cluster.ask("GET", "/api/v1/namespaces/ns/pods/none").catch(() => {});
}

/** So many seconds later, each of the leases has been renewed, or could not be. */
async function pass(seconds: number, leases: number): Promise<void> {
  for (let left = seconds; left > 0; left -= 20) {
    const before = asked("PATCH").length;
    vi.advanceTimersByTime(20_000);
    await until("PATCH", before + leases);
  }
}

describe("the lease of a gateway", () => {
  test("is made once, and removed", async () => {
    const held = lease("me");
    const [one, two] = await Promise.all([held.hold(), held.hold()]);
    expect(one).toEqual({
      apiVersion: "coordination.k8s.io/v1",
      kind: "Lease",
      name: "omg-me",
      uid: "uid-2",
    });
    expect(two).toBe(one);
    expect(asked("POST")).toHaveLength(1);
    expect(asked("POST")[0]?.body).toMatchObject({
      metadata: { labels: { "open-mcp-gateway.io/owner": "me" } },
      spec: { holderIdentity: "me", leaseDurationSeconds: 90 },
    });
    await held.release();
    await held.release();
    expect(server.names(path)).toEqual([]);
    expect(asked("DELETE")).toHaveLength(1);
  });

  test("that was made although the answer got lost is the same, and is removed in any case", async () => {
    const held = lease("me");
    server.choose = ({ method, body }) => {
      if (method !== "POST") return undefined;
      server.put(path, body as never);
      return breaksOff;
    };
    await expect(held.hold()).rejects.toMatchObject({ isSilence: true });
    server.choose = () => undefined;
    expect(await held.hold()).toMatchObject({ uid: "uid-2" });

    const other = lease("other");
    server.choose = ({ method, body }) => {
      if (method !== "POST") return undefined;
      server.put(path, body as never);
      return breaksOff;
    };
    await expect(other.hold()).rejects.toThrow();
    server.choose = () => undefined;
    await other.release();
    await held.release();
    expect(server.names(path)).toEqual([]);
  });

  test("that could not even be asked for is not removed", async () => {
    const config = server.config();
    await server[Symbol.asyncDispose]();
    await using away = new Cluster({ config });
    const held = new Lease(away, "ns", "me");
    await expect(held.hold()).rejects.toThrow("ECONNREFUSED");
    await held.release();
    expect(vi.getTimerCount()).toBe(0);
  });

  test("of which nobody knows whether it was made is removed", async () => {
    const held = lease("me");
    server.choose = ({ method }) => (method === "POST" ? breaksOff : undefined);
    await expect(held.hold()).rejects.toThrow();
    await held.release();
    expect(asked("DELETE")).toHaveLength(1);
  });

  test("is renewed every 20 s, also through an outage, and stays the same", async () => {
    const held = lease("me");
    const before = await held.hold();
    await pass(40, 1);
    const renewals = asked("PATCH").map(({ body }) => (body.spec as { renewTime: string }).renewTime);
    expect(Date.parse(renewals[1] ?? "") - Date.parse(renewals[0] ?? "")).toBe(20_000);
    server.choose = () => refused(503, "away");
    await pass(600, 1);
    server.choose = () => undefined;
    await pass(20, 1);
    expect(await held.hold()).toBe(before);
    expect(asked("POST")).toHaveLength(1);
    await held.release();
    vi.advanceTimersByTime(60_000);
    expect(vi.getTimerCount()).toBe(0);
  });

  test("that somebody removed is made anew within 20 s, and owns what comes from there on", async () => {
    const held = lease("me");
    const before = await held.hold();
    server.remove(path, "omg-me");
    vi.advanceTimersByTime(20_000);
    await until("POST", 2);
    const after = await held.hold();
    expect(after.name).toBe(before.name);
    expect(after.uid).not.toBe(before.uid);
    expect(server.names(path)).toEqual(["omg-me"]);
    await held.release();
    expect(server.names(path)).toEqual([]);
  });

  test("has a name that Kubernetes takes, whatever the owner is called", () => {
    for (const owner of ["Me_too.1", "x".repeat(300), "ü", ""]) {
      void lease(owner)
        .hold()
        .catch(() => {});
    }
    return until("POST", 4).then(() => {
      for (const { body } of asked("POST")) {
        const { name, labels } = (body as { metadata: { name: string; labels: Record<string, string> } })
          .metadata;
        expect(name).toMatch(/^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$/);
        expect(labels["open-mcp-gateway.io/owner"]).toMatch(/^[\w.-]{1,63}$/);
      }
    });
  });
});

describe("leases of gateways that are gone", () => {
  let dead: string;
  beforeEach(async () => {
    const gone = lease("dead");
    dead = (await gone.hold()).name;
    // It dies: its timer goes with it.
    vi.clearAllTimers();
  });

  test("are removed once they were not renewed while they were watched for 90 s", async () => {
    const expired = new ExpiredLeases(cluster, "ns");
    for (const seconds of [0, 60]) {
      vi.advanceTimersByTime(seconds * 1000);
      await expired.remove();
      expect(server.names(path)).toEqual([dead]);
    }
    vi.advanceTimersByTime(60_000);
    await expired.remove();
    expect(server.names(path)).toEqual([]);
  });

  test("are watched anew after each look that failed: nobody can renew while the API server is away", async () => {
    const expired = new ExpiredLeases(cluster, "ns");
    for (let minute = 0; minute < 10; minute++) {
      server.choose = () => (minute % 2 === 1 ? refused(503, "away") : undefined);
      await expired.remove().catch(() => {});
      vi.advanceTimersByTime(60_000);
    }
    expect(server.names(path)).toEqual([dead]);
  });

  test("are not removed if they are renewed at the last moment", async () => {
    const expired = new ExpiredLeases(cluster, "ns");
    await expired.remove();
    vi.advanceTimersByTime(100_000);
    server.choose = ({ method }) => {
      if (method === "DELETE")
        server.put(path, { metadata: { name: dead }, spec: { renewTime: "now" } } as never);
      return undefined;
    };
    await expired.remove();
    expect(asked("DELETE")).toHaveLength(1);
    expect(server.names(path)).toEqual([dead]);
  });

  test("are theirs alone: gateways that live never remove each other's, also after an outage", async () => {
    const gateways = ["one", "two", "three"].map((owner) => ({
      held: lease(owner),
      expired: new ExpiredLeases(cluster, "ns"),
    }));
    for (const { held } of gateways) await held.hold();
    for (let minute = 0; minute < 20; minute++) {
      server.choose = () => (minute >= 5 && minute < 15 ? refused(503, "away") : undefined);
      // On its return each looks before anybody has renewed.
      for (const { expired } of gateways) await expired.remove().catch(() => {});
      await pass(60, gateways.length);
    }
    expect(server.names(path)).toEqual(["omg-one", "omg-two", "omg-three"]);
    for (const { held } of gateways) await held.release();
    expect(server.names(path)).toEqual([]);
  });
});

import { afterEach, beforeEach, expect, test, vi } from "vitest";
import type { AskOptions, Cluster, KubeObject } from "../src/cluster/cluster.ts";
import { ClusterFailure } from "../src/cluster/cluster-failure.ts";
import { Belongings, jobsPath } from "../src/ownership/belongings.ts";
import { instanceLabel, ownedBy, ownerLabel } from "../src/ownership/names.ts";

const jobsAt = jobsPath("ns");

beforeEach(() => void vi.useFakeTimers());
afterEach(() => {
  expect(vi.getTimerCount()).toBe(0);
  vi.useRealTimers();
});

/** As much of a cluster as has Jobs of one gateway, Jobs of one that is gone, and a lease. */
class StubCluster {
  jobs: string[] = [];
  orphans: string[] = [];
  /** How often its Jobs were listed. */
  lists = 0;
  asked = 0;
  hasLease = false;
  isAway = false;
  /** Happens while the Jobs are listed, after the cluster has looked. */
  onList = () => {};

  async ask(method: string, path: string, { query = {} }: AskOptions = {}): Promise<object> {
    this.asked++;
    const [collection = "", name] = path.startsWith(jobsAt)
      ? [jobsAt, path.slice(jobsAt.length + 1)]
      : [path];
    const isOfOwn = query.labelSelector === ownedBy("me");
    if (collection === jobsAt && isOfOwn) this.lists++;
    if (this.isAway) throw new ClusterFailure("ECONNREFUSED");
    if (collection !== jobsAt) {
      if (method !== "GET") this.hasLease = method === "POST";
      const lease = { metadata: { name: "lease", uid: "1", labels: { [ownerLabel]: "me" } } };
      return method === "GET" ? { items: [lease] } : lease;
    }
    const own = this.jobs.map((job) => jobObject(job, "me"));
    const items = isOfOwn ? own : [...own, ...this.orphans.map((job) => jobObject(job, "gone"))];
    if (method === "DELETE") {
      this.jobs = this.jobs.filter((job) => job !== name);
      this.orphans = this.orphans.filter((job) => job !== name);
    } else this.onList();
    return { items };
  }
}

function jobObject(name: string, owner: string): KubeObject {
  return { metadata: { name, labels: { [instanceLabel]: name, [ownerLabel]: owner } } };
}

function underTest() {
  const cluster = new StubCluster();
  const parts = { cluster: cluster as unknown as Cluster, namespace: "ns", owner: "me", hostEnv: {} };
  return { cluster, belongings: new Belongings(parts) };
}

test("what nobody wants is removed a second after a doubt, and that alone; then there is a look a minute", async () => {
  const { cluster, belongings } = underTest();
  belongings.want("wanted");
  cluster.jobs = ["wanted", "unwanted"];
  belongings.doubt();
  await vi.advanceTimersByTimeAsync(1_000);
  expect(cluster.jobs).toEqual(["wanted"]);
  await vi.advanceTimersByTimeAsync(600_000);
  expect(cluster.lists).toBe(11);
  await belongings.leave();
});

test("an API server that is away is asked once in 5 s, however many doubt, until it is back", async () => {
  const { cluster, belongings } = underTest();
  cluster.jobs = ["unwanted"];
  cluster.isAway = true;
  belongings.doubt();
  for (let second = 0; second < 61; second++) {
    await vi.advanceTimersByTimeAsync(1_000);
    belongings.doubt();
  }
  expect(cluster.lists).toBe(13);
  cluster.isAway = false;
  await vi.advanceTimersByTimeAsync(5_000);
  expect(cluster.jobs).toEqual([]);
  await belongings.leave();
});

test("a doubt that comes during a look has a look of its own", async () => {
  const { cluster, belongings } = underTest();
  cluster.onList = () => {
    cluster.onList = () => {};
    cluster.jobs.push("made meanwhile");
    belongings.doubt();
  };
  belongings.doubt();
  await vi.advanceTimersByTimeAsync(1_000);
  expect(cluster.jobs).toEqual(["made meanwhile"]);
  await vi.advanceTimersByTimeAsync(1_000);
  expect(cluster.jobs).toEqual([]);
  await belongings.leave();
});

test("what the cluster made late, after the doubt, is removed within a minute", async () => {
  const { cluster, belongings } = underTest();
  await belongings.ownerReference();
  belongings.doubt();
  await vi.advanceTimersByTimeAsync(2_000);
  cluster.jobs = ["late"];
  await vi.advanceTimersByTimeAsync(60_000);
  expect(cluster.jobs).toEqual([]);
  await belongings.leave();
});

test("Jobs of a gateway without a lease are removed within a minute, those of the living stay", async () => {
  const { cluster, belongings } = underTest();
  await belongings.ownerReference();
  belongings.want("wanted");
  cluster.jobs = ["wanted"];
  cluster.orphans = ["left"];
  await vi.advanceTimersByTimeAsync(60_000);
  expect([cluster.jobs, cluster.orphans]).toEqual([["wanted"], []]);
  await belongings.leave();
});

test("the end removes what is in doubt, and the lease; nothing is asked after it", async () => {
  const { cluster, belongings } = underTest();
  await belongings.ownerReference();
  expect(cluster.hasLease).toBe(true);
  cluster.jobs = ["unwanted"];
  belongings.doubt();
  await belongings.leave();
  expect([cluster.jobs, cluster.hasLease]).toEqual([[], false]);
  const { asked } = cluster;
  belongings.doubt();
  await vi.advanceTimersByTimeAsync(600_000);
  expect(cluster.asked).toBe(asked);
});

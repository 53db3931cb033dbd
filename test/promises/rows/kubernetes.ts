import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { promisify } from "node:util";
import { RunningGateway, repository, Sandbox } from "../../../apps/gateway/test/support/omg.ts";
import type { Cluster } from "../../../packages/runtime-k8s/test/support/cluster.ts";
import type { Objects } from "../../../packages/runtime-k8s/test/support/objects.ts";
import { call, counted, Load, type Outcome } from "../../kubernetes/support/load.ts";
import type { Row } from "../row.ts";
import { ms, timed } from "../support/figures.ts";
import { lackOfCluster, onPods, untilPods } from "../support/pod-scene.ts";
import type { Scene } from "../support/scene.ts";

const run = promisify(execFile);
const apiScript = join(repository, "test/engines/k8s-api.sh");
const isOurs = existsSync("/run/omg-engines/k8s.pid");
const awayMs = 10_000;
const pauseMs = 100;
const servers = { stdio: {}, http: { way: "http" }, cold: {} } as const;
/** What callers may be told meanwhile; a start fails in the end where its pod is given no node. */
const told =
  /^(?:ok|upstream_closed|upstream_unreachable|upstream_backoff|upstream_start_failed|runtime_unavailable)$/;

const apiAway: Row = {
  id: "R49",
  promise:
    "the API server of a cluster is killed: calls that go through it fail, so do starts, and on its return each server has one pod",
  figure: "seen within 2 s, starts fail within 2 s, usable within 10 s of its return, 1 pod for each server",
  engine: "k8s",
  lack: lackOfCluster ?? (isOurs ? undefined : "only the cluster of test/engines/k8s-up.sh may be harmed"),
  run: () => onPods(servers, goAway),
};

async function goAway({ gateway }: Scene, objects: Objects, cluster: Cluster): Promise<string> {
  const warm = ["stdio", "http"];
  for (const id of warm) assert.deepEqual((await call(gateway, id)).error, undefined);
  await using load = new Load(gateway, warm, 3);
  const waiting = warm.map((id) => call(gateway, id, "sleep", { ms: 60_000 }));
  for (const id of warm) await call(gateway, id);

  let seen: { value: Outcome[]; ms: number };
  let cold: Outcome;
  try {
    await run(apiScript, ["kill"]);
    seen = await timed(() => Promise.all(waiting));
    cold = await call(gateway, "cold");
    await delay(awayMs);
  } finally {
    await run(apiScript, ["start"]);
  }
  const ready = await timed(async () => {
    await until(() => cluster.ask("/readyz"));
    await untilPlaced(cluster, objects.namespace);
  });
  const back = await timed(async () => {
    for (const id of [...warm, "cold"])
      await until(async () => assert.equal((await call(gateway, id)).error, undefined));
  });

  for (const { error } of seen.value) assert.equal(error?.data.reason, "upstream_closed");
  assert.ok(seen.ms < 6_000, `callers heard of it after ${ms(seen.ms)}`);
  assert.equal(cold.error?.data.reason, "runtime_unavailable");
  assert.ok(cold.ms < 6_000, `a start failed after ${ms(cold.ms)}`);
  assert.ok(back.ms < 25_000, `it was usable after ${ms(back.ms)}`);
  const outcomes = await load.end();
  for (const outcome of Object.keys(counted(outcomes))) assert.match(outcome, told);
  await untilPods(objects, 3, 60_000);
  return `callers heard of it after ${ms(seen.ms)}; a start failed after ${ms(cold.ms)}; it was ready ${ms(ready.ms)} after its start, and usable ${ms(back.ms)} later; ${JSON.stringify(counted(outcomes))}`;
}

const hungry = "const held = []; for (;;) held.push(Buffer.alloc(1e6, 1))";
const ends: Readonly<
  Record<string, { readonly options: object; readonly shown: string; readonly told: RegExp }>
> = {
  image: {
    options: { image: "omg-test/no-such-image:1" },
    shown: "ErrImageNeverPull",
    told: /ErrImageNeverPull/,
  },
  node: {
    options: { node_selector: { "omg-test/no-such-node": "true" } },
    shown: "Unschedulable",
    told: /no node takes it/,
  },
  memory: {
    options: { args: ["-e", hungry], resources: { limits: { memory: "64Mi" } } },
    // Now and then a node does not notice why it was killed.
    shown: '"exitCode":137',
    told: /OOMKilled|killed, as for want of memory/,
  },
  evicted: {
    options: {},
    shown: "DELETED",
    told: /its pod (?:is being removed|was removed|ended)|exit code|signal/,
  },
};

const podEnds: Row = {
  id: "R50",
  promise: "a pod that gets no image, no node or no memory, or is evicted: callers hear why",
  figure: "within 2 s of the API server's showing it",
  engine: "k8s",
  lack: lackOfCluster,
  run: () => onPods(ends, hearWhy),
};

async function hearWhy({ gateway }: Scene, objects: Objects, cluster: Cluster): Promise<string> {
  const seen: string[] = [];
  for (const [id, { shown, told }] of Object.entries(ends)) {
    const showing = firstShown(cluster, objects.namespace, id, shown);
    const calling = call(gateway, id, id === "evicted" ? "sleep" : "echo", { ms: 60_000 });
    if (id === "evicted") await evict(cluster, objects, gateway);
    const { error } = await calling;
    const heardAt = performance.now();
    const lag = Math.max(0, heardAt - (await showing));
    assert.match(error?.message ?? "", told);
    assert.ok(lag < 6_000, `${id}: callers heard of it ${ms(lag)} after the API server showed it`);
    seen.push(`${id} ${ms(lag)}`);
  }
  return `heard after it was shown: ${seen.join(", ")}`;
}

/** Resolves with the time at which the API server first says something of a server's pod. */
async function firstShown(
  cluster: Cluster,
  namespace: string,
  server: string,
  words: string,
): Promise<number> {
  for await (const event of cluster.watch(`/api/v1/namespaces/${namespace}/pods?watch=1`)) {
    const text = JSON.stringify(event);
    if (text.includes(`"open-mcp-gateway.io/server":"${server}"`) && text.includes(words))
      return performance.now();
  }
  throw new Error(`the API server never said ${words} of ${server}`);
}

/** Has the only pod evicted once it serves. */
async function evict(cluster: Cluster, objects: Objects, gateway: Scene["gateway"]): Promise<void> {
  assert.equal((await call(gateway, "evicted")).error, undefined);
  const pod = (await objects.pods()).find(
    ({ metadata }) => metadata.annotations?.["open-mcp-gateway.io/server"] === "evicted",
  );
  const { name = "" } = pod?.metadata ?? {};
  await cluster.ask(`/api/v1/namespaces/${objects.namespace}/pods/${name}/eviction`, {
    method: "POST",
    body: { metadata: { name } },
  });
}

const replicas: Row = {
  id: "R51",
  promise:
    "two gateways in one namespace: one is killed and never comes back, the other serves on and removes what it left",
  figure: "no call lost; what is left goes with its lease, which is over after 90 s",
  engine: "k8s",
  lack: lackOfCluster,
  run: () => onPods({ http: { way: "http" } }, outlive),
};

async function outlive({ gateway, sandbox }: Scene, objects: Objects): Promise<string> {
  using otherSandbox = new Sandbox();
  const catalog = otherSandbox.write(
    "catalog.yaml",
    readFileSync(join(sandbox.folder, "catalog.yaml"), "utf8"),
  );
  await using other = await RunningGateway.start(otherSandbox, ["--config", catalog]);
  for (const one of [gateway, other]) assert.equal((await call(one, "http")).error, undefined);
  assert.equal((await objects.leases()).length, 2);
  await using load = new Load(other, ["http"], 2);
  const gone = await timed(async () => {
    await gateway.stop("SIGKILL");
    return untilPods(objects, 1, 300_000);
  });
  const outcomes = await load.end();
  assert.deepEqual(counted(outcomes), { ok: outcomes.length });
  return `${outcomes.length} calls of the other, none failed; what the first left was gone ${ms(gone.ms)} after its end`;
}

/**
 * Waits until pods are given nodes: the scheduler comes back to its API server in its own time, after up to half a minute and later
 * each time, and nobody can use what has no node.
 */
async function untilPlaced(cluster: Cluster, namespace: string): Promise<void> {
  const pods = `/api/v1/namespaces/${namespace}/pods`;
  const metadata = { generateName: "probe-" };
  const spec = {
    containers: [{ name: "probe", image: "omg-test/pause:1", imagePullPolicy: "Never" }],
    automountServiceAccountToken: false,
  };
  let path: string | undefined;
  await until(async () => {
    path ??= `${pods}/${JSON.parse(await cluster.ask(pods, { method: "POST", body: { metadata, spec } })).metadata.name}`;
    assert.ok(JSON.parse(await cluster.ask(path)).spec.nodeName);
  });
  await cluster.ask(`${path}?gracePeriodSeconds=0`, { method: "DELETE" });
}

/** Repeats what fails, for a minute at most. */
async function until(action: () => Promise<unknown>): Promise<void> {
  for (let left = 60_000 / pauseMs; left > 0; left--) {
    try {
      await action();
      return;
    } catch {
      await delay(pauseMs);
    }
  }
  await action();
}

export const kubernetes: readonly Row[] = [apiAway, podEnds, replicas];

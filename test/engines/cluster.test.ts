import { execFile } from "node:child_process";
import { once } from "node:events";
import { mkdtempDisposable, readFile, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify, stripVTControlCharacters } from "node:util";
import { describe, expect, test } from "vitest";
import {
  type Cluster,
  cluster,
  describeWithCluster,
  testNamespace,
} from "../../packages/runtime-k8s/test/support/cluster.ts";
import type { TestSummary } from "../../scripts/summary-reporter.ts";
import { repositoryRoot } from "../support/workspace.ts";

const run = promisify(execFile);

const ready = [{ type: "Ready", status: "True" }];
const images = ["busybox", "node", "everything"].map((name) => ({ names: [`omg-test/${name}:1`] }));

describe("the search for a cluster", () => {
  test("says which kubeconfig it looked for, and how to start a cluster", async () => {
    expect(await cluster({ KUBECONFIG: "/absent/kubeconfig" })).toEqual({
      reason:
        "no Kubernetes cluster: /absent/kubeconfig can not be used (ENOENT); start one with test/engines/up.sh",
    });
  });

  test("says what is wrong with a kubeconfig", async () => {
    await using folder = await mkdtempDisposable(join(tmpdir(), "omg-cluster-"));
    const kubeconfig = await writeKubeconfig(folder.path, undefined);
    expect(await cluster({ KUBECONFIG: kubeconfig })).toEqual({
      reason: `no Kubernetes cluster: ${kubeconfig} can not be used (its current context has no server); start one with test/engines/up.sh`,
    });
  });

  test("says which server does not answer", async () => {
    await using folder = await mkdtempDisposable(join(tmpdir(), "omg-cluster-"));
    const kubeconfig = await writeKubeconfig(folder.path, "http://127.0.0.1:1");
    expect(await cluster({ KUBECONFIG: kubeconfig })).toEqual({
      reason:
        "no Kubernetes cluster answers at http://127.0.0.1:1 (ECONNREFUSED); start one with test/engines/up.sh",
    });
  });

  test("takes no node that is not ready", async () => {
    await using fake = await api([
      { status: { conditions: [{ type: "Ready", status: "Unknown" }], images } },
    ]);
    expect(await cluster({ KUBECONFIG: fake.kubeconfig })).toEqual({
      reason: `the Kubernetes cluster at ${fake.server} has no node that is ready`,
    });
  });

  test("names the images that a node lacks, and what builds them", async () => {
    const other = { status: { conditions: ready, images: images.slice(0, 2) } };
    await using fake = await api([{ status: { conditions: ready, images } }, other]);
    expect(await cluster({ KUBECONFIG: fake.kubeconfig })).toEqual({
      reason: `the Kubernetes cluster at ${fake.server} has not all images of the tests on its nodes (omg-test/everything:1); build them with test/engines/docker-images.sh`,
    });
  });

  test("finds a cluster with its images, whatever registry it says they are from", async () => {
    const named = images.map(({ names }) => ({ names: names.map((name) => `docker.io/${name}`) }));
    await using fake = await api([{ status: { conditions: ready, images: named } }]);
    expect(await cluster({ KUBECONFIG: fake.kubeconfig })).toMatchObject({ kubeconfig: fake.kubeconfig });
  });
});

describe("a suite that needs a cluster, where there is none", () => {
  const reason = "no Kubernetes cluster: /absent/kubeconfig can not be used (ENOENT)";

  test("is skipped, says why, and is counted", async () => {
    const { summary, printed } = await runWithoutCluster("docker");
    expect(summary).toMatchObject({ passed: 0, failed: 0 });
    expect(summary.skipped.filter(({ name }) => name.includes(reason))).toHaveLength(2);
    expect(printed).toContain(`skipped: the cluster of this machine: ${reason}`);
  });

  test("fails if OMG_REQUIRED_ENGINES lists k8s", async () => {
    const { summary, printed } = await runWithoutCluster("docker,k8s");
    expect(summary).toMatchObject({ passed: 0, failed: 1 });
    expect(printed).toContain(`Error: ${reason}`);
  });
});

describeWithCluster("the cluster of this machine", (cluster) => {
  const namespace = testNamespace(cluster);

  test("runs Node in a pod", { timeout: 60_000 }, async () => {
    expect(
      await runPod(cluster, namespace, { image: "omg-test/node:1", command: ["node", "--version"] }),
    ).toMatch(/^v2\d\./);
  });

  test("says why a pod has no image, instead of looking for it elsewhere", { timeout: 60_000 }, async () => {
    await expect(runPod(cluster, namespace, { image: "omg-test/absent:1" })).rejects.toThrow(
      "ErrImageNeverPull",
    );
  });
});

interface Pod {
  readonly status: { readonly containerStatuses?: readonly { readonly state: State }[] };
}

interface State {
  readonly waiting?: { readonly reason: string };
  readonly terminated?: object;
}

/** What a container of a pod prints, when it has ended. */
async function runPod(cluster: Cluster, namespace: string, container: object): Promise<string> {
  const pods = `/api/v1/namespaces/${namespace}/pods`;
  const spec = {
    restartPolicy: "Never",
    automountServiceAccountToken: false,
    containers: [{ name: "main", imagePullPolicy: "Never", ...container }],
  };
  const body = { metadata: { generateName: "test-" }, spec };
  const { name } = JSON.parse(await cluster.ask(pods, { method: "POST", body })).metadata;
  for await (const { object } of cluster.watch<Pod>(
    `${pods}?watch=1&fieldSelector=metadata.name%3D${name}`,
  )) {
    const { waiting, terminated } = object.status.containerStatuses?.[0]?.state ?? {};
    if (waiting?.reason.startsWith("Err")) throw new Error(waiting.reason);
    if (terminated) break;
  }
  return cluster.ask(`${pods}/${name}/log`);
}

/** Runs the suite above in a process of its own. */
async function runWithoutCluster(required: string): Promise<{ summary: TestSummary; printed: string }> {
  await using folder = await mkdtempDisposable(join(tmpdir(), "omg-cluster-"));
  const summaryFile = join(folder.path, "summary.json");
  const environment = {
    OMG_REQUIRED_ENGINES: required,
    KUBECONFIG: "/absent/kubeconfig",
    TEST_SUMMARY_FILE: summaryFile,
  };
  const selection = ["test/engines/cluster.test.ts", "-t", "the cluster of this machine"];
  const { stderr } = await run(join(repositoryRoot, "node_modules/.bin/vitest"), ["run", ...selection], {
    cwd: repositoryRoot,
    env: { ...process.env, ...environment },
  }).catch((failure: { stderr: string }) => failure);
  return {
    summary: JSON.parse(await readFile(summaryFile, "utf8")),
    printed: stripVTControlCharacters(stderr),
  };
}

type FakeApi = AsyncDisposable & { readonly kubeconfig: string; readonly server: string };

/** What answers as an API server would that has these nodes. */
async function api(items: readonly object[]): Promise<FakeApi> {
  const folder = await mkdtempDisposable(join(tmpdir(), "omg-cluster-"));
  const listening = createServer((_, response) => response.end(JSON.stringify({ items })));
  await once(listening.listen(0, "127.0.0.1"), "listening");
  const server = `http://127.0.0.1:${(listening.address() as AddressInfo).port}`;
  return {
    kubeconfig: await writeKubeconfig(folder.path, server),
    server,
    async [Symbol.asyncDispose]() {
      await new Promise((resolve) => listening.close(resolve));
      await folder.remove();
    },
  };
}

async function writeKubeconfig(folder: string, server: string | undefined): Promise<string> {
  const path = join(folder, "kubeconfig");
  const clusters = server === undefined ? [] : [{ name: "test", cluster: { server } }];
  const contexts = [{ name: "test", context: { cluster: "test" } }];
  await writeFile(path, JSON.stringify({ "current-context": "test", contexts, clusters }));
  return path;
}

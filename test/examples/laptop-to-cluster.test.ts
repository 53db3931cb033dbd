import { copyFileSync, readFileSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { parse } from "yaml";
import { RunningGateway, Sandbox } from "../../apps/gateway/test/support/omg.ts";
import { featuresIn } from "../../apps/gateway/test/support/real/everything.ts";
import { Course, textOf, withoutSession } from "../../apps/gateway/test/support/real/feature.ts";
import { Party } from "../../apps/gateway/test/support/real/party.ts";
import { describeWithEngine } from "../../packages/runtime-docker/test/support/engine.ts";
import {
  type Cluster,
  describeWithCluster,
  testNamespace,
} from "../../packages/runtime-k8s/test/support/cluster.ts";
import { writeKubeconfig } from "../../packages/runtime-k8s/test/support/kubeconfig.ts";
import { repositoryRoot } from "../support/workspace.ts";

const folder = join(repositoryRoot, "examples/laptop-to-cluster");
const types = { process: "local-process", container: "docker", pod: "k8s-job", service: "k8s-service" };
type Place = keyof typeof types;
const places = Object.keys(types) as Place[];
const elsewhere = places.filter((place) => place !== "process");
const image = "omg-test/everything:1";
const features = featuresIn("shared");

const read = (file: string) => readFileSync(join(folder, file), "utf8");

describe("the catalogs of examples/laptop-to-cluster", () => {
  test("are the same, letter for letter, but for `runtime`", () => {
    const runtime = /^ {4}runtime:\n(?: {6}.*\n)+$/m;
    const rest = places.map((place) => read(`${place}.yaml`).replace(runtime, ""));
    expect(new Set(rest).size).toBe(1);
    expect(rest[0]).not.toContain("runtime");
  });

  test("name a runtime each", () => {
    const named = places.map((place) => [place, parse(read(`${place}.yaml`)).servers[0].runtime.type]);
    expect(Object.fromEntries(named)).toEqual(types);
  });
});

describeWithEngine("one server, moved from place to place behind a running gateway", () => {
  describeWithCluster("(with a cluster)", (cluster) => {
    const namespace = testNamespace(cluster);
    const sandbox = new Sandbox();
    const courses = new Map<Place, Course>();
    /** By the runtime that the server had then: what a client heard that stayed connected all the time. */
    const heard: Record<string, string> = {};
    const parties: Party[] = [];
    let gateway: RunningGateway;

    beforeAll(async () => {
      await makeDeployment(cluster, namespace);
      const kubeconfig = join(sandbox.folder, "kubeconfig");
      writeKubeconfig(kubeconfig, cluster.kubeconfig, namespace);
      symlinkSync(join(folder, "node_modules"), join(sandbox.folder, "node_modules"));
      const config = sandbox.write("config.yaml", { catalog_path: "catalog.yaml", hot_reload: false });
      moveTo("process");
      const env = { KUBECONFIG: kubeconfig, EVERYTHING_IMAGE: image };
      gateway = await RunningGateway.start(sandbox, ["--config", config], env);
      const one = await connect();
      for (const place of places) {
        moveTo(place);
        await gateway.json("/admin/reload", { method: "POST" });
        const { runtime } = (await gateway.json("/servers/everything")) as { runtime: { type: string } };
        heard[runtime.type] = textOf(await one.call("echo", { message: place }));
        const course = new Course(await connect(), features);
        courses.set(place, course);
        await Promise.allSettled(features.map((feature) => course.outcome(feature)));
      }
    }, 300_000);

    afterAll(async () => {
      using _ = sandbox;
      await Promise.all(parties.map((party) => party[Symbol.asyncDispose]()));
      await gateway?.stop();
    }, 60_000);

    test("answers a client that stays connected", () => {
      expect(heard).toEqual(Object.fromEntries(places.map((place) => [types[place], `Echo: ${place}`])));
    });

    describe.each(elsewhere)("answers as a process does: %s", (place) => {
      test.each(features)("$title", async (feature) => {
        const [here, there] = ["process" as const, place].map((where) =>
          courses.get(where)?.outcome(feature),
        );
        expect(withoutSession(await there)).toEqual(withoutSession(await here));
      });
    });

    function moveTo(place: Place): void {
      copyFileSync(join(folder, `${place}.yaml`), join(sandbox.folder, "catalog.yaml"));
    }

    async function connect(): Promise<Party> {
      const target = new URL("/mcp", gateway.url);
      const party = await Party.connect({ line: "SDK 2.x", target, server: "everything" });
      parties.push(party);
      return party;
    }
  });
});

/** The Deployment of the example, with the image that the nodes have, which needs no command. */
async function makeDeployment(cluster: Cluster, namespace: string): Promise<void> {
  const body = parse(read("deployment.yaml"));
  const [{ command, ...container }] = body.spec.template.spec.containers;
  body.spec.template.spec.containers = [{ ...container, image, args: command.slice(-1) }];
  await cluster.ask(`/apis/apps/v1/namespaces/${namespace}/deployments`, { method: "POST", body });
}

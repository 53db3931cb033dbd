import * as v from "valibot";
import { describe, expect, test } from "vitest";
import { jobOptions } from "../src/job/job-options.ts";
import { amountOf } from "../src/job/resources.ts";
import { serviceOptions } from "../src/service/service-options.ts";
import { entries } from "./support/entries.ts";

/** What is wrong, with its place. */
function complaints(schema: v.GenericSchema, options: object): string[] {
  const { issues = [] } = v.safeParse(schema, options);
  return issues.map(({ path = [], message }) => `${path.map(({ key }) => key).join(".")}: ${message}`);
}

const image = "x";
const volume = { name: "data", mount_path: "/data", config_map: "a" };
const server = (change: object) => ({ pod_overrides: { containers: [{ name: "server", ...change }] } });

describe("options of a Job that are taken", () => {
  test.each([
    ...entries.map(({ options }) => options),
    { image: "localhost:5000/acme/a.b__c-d/server:1.2_3-x" },
    { image: `ghcr.io/acme/server:1@sha256:${"a".repeat(64)}` },
    { namespace: "mcp-servers", context: "any text", kubeconfig: "~/.kube/other" },
    { resources: { requests: { memory: 0, cpu: 0 }, limits: { memory: "1.5Gi", cpu: 2 } } },
    { resources: { limits: { memory: "1e9", cpu: "1500m" } } },
    { labels: { "acme.example/team": "", "a.b_c-D": "1.2_3-x" } },
    { annotations: { "acme.example/note": "Any text at all:\n\u{1f600}" } },
    { volumes: [volume, { ...volume, name: "more", mount_path: "/data/more" }] },
    { volumes: [{ ...volume, mount_path: "/tmp" }] },
    { active_deadline_seconds: 31_536_000, grace_period_seconds: 300 },
    { pod_overrides: { anything: [{ of: null }], restartPolicy: "Never" } },
    server({ image: "y", env: [{ name: "A", $patch: "delete" }] }),
    { pod_overrides: { volumes: [{ name: "tmp", $retainKeys: ["name"] }] } },
  ])("%j", (options) => {
    expect(complaints(jobOptions, { image, ...options })).toEqual([]);
  });
});

describe("options of a Job that are refused", () => {
  test.each<[object, string, string]>([
    [{ image: undefined }, "image", "is required"],
    [{ image: "" }, "image", "must be the name of an image, such as ghcr.io/acme/server:1.2"],
    [{ image: "acme/UPPER" }, "image", "must be the name of an image"],
    [{ image: "a b" }, "image", "must be the name of an image"],
    [{ image: "x@sha256:12" }, "image", "must be the name of an image"],
    [{ namespace: "A_b" }, "namespace", "must be small letters, digits and - (63 at most)"],
    [{ namespace: "a".repeat(64) }, "namespace", "must be small letters"],
    [{ context: "" }, "context", "must not be empty"],
    [{ kubeconfig: "" }, "kubeconfig", "must not be empty"],
    [{ command: "" }, "command", "must not be empty"],
    [{ command: 7 }, "command", "must name a program"],
    [{ command: [] }, "command", "must not be empty"],
    [{ command: "a\0b" }, "command", "NUL byte"],
    [{ args: [1] }, "args.0", "string"],
    [{ args: ["a\0"] }, "args.0", "NUL byte"],
    [{ transport: "sse" }, "transport", `"stdio"|"http"`],
    [{ transport: "http" }, "port", "is required with transport: http"],
    [{ port: 80 }, "port", "goes with transport: http"],
    [{ transport: "http", port: 0 }, "port", ">=1"],
    [{ transport: "http", port: 65_536 }, "port", "<=65535"],
    [{ transport: "http", port: 80, path: "mcp" }, "path", "must begin with /"],
    [{ transport: "http", port: 80, path: "/a?b" }, "path", "must begin with /"],
    [{ env_from: [{}] }, "env_from.0", "must say one of config_map and secret"],
    [{ env_from: [{ config_map: "a", secret: "b" }] }, "env_from.0", "must say one of"],
    [{ env_from: [{ secret: "B" }] }, "env_from.0.secret", "must be small letters, digits, - and ."],
    [{ service_account: "a b" }, "service_account", "must be small letters"],
    [{ resources: { limits: { memory: "lots" } } }, "resources.limits.memory", "must be a quantity such as"],
    [{ resources: { limits: { memory: "512MB" } } }, "resources.limits.memory", "must be a quantity such as"],
    [{ resources: { limits: { memory: "-1" } } }, "resources.limits.memory", "must be a quantity such as"],
    [{ resources: { limits: { memory: true } } }, "resources.limits.memory", "must be a quantity such as"],
    [{ resources: { limits: { memory: 512 } } }, "resources.limits.memory", "a number alone is bytes"],
    [{ resources: { limits: { memory: "512m" } } }, "resources.limits.memory", "must be 6Mi or more"],
    [{ resources: { limits: { memory: "0" } } }, "resources.limits.memory", "must be 6Mi or more"],
    [{ resources: { limits: { cpu: 0 } } }, "resources.limits.cpu", "must be 1m or more"],
    [
      { resources: { requests: { memory: "1Gi" }, limits: { memory: "1G" } } },
      "resources.requests.memory",
      "must not be more than limits.memory",
    ],
    [
      { resources: { requests: { cpu: 1 }, limits: { cpu: "999m" } } },
      "resources.requests.cpu",
      "must not be more than limits.cpu",
    ],
    [{ resources: { limits: { gpu: 1 } } }, "resources.limits.gpu", `"gpu"`],
    [{ volumes: [{ name: "a" }] }, "volumes.0.mount_path", "is required"],
    [{ volumes: [{ ...volume, config_map: undefined }] }, "volumes.0", "must say one of config_map, secret"],
    [{ volumes: [{ ...volume, secret: "b" }] }, "volumes.0", "must say one of config_map, secret"],
    [{ volumes: [{ ...volume, mount_path: "data" }] }, "volumes.0.mount_path", "must be an absolute path"],
    [{ volumes: [{ ...volume, mount_path: "/a:/b" }] }, "volumes.0.mount_path", "must be an absolute path"],
    [{ volumes: [{ ...volume, mount_path: "//" }] }, "volumes.0.mount_path", "must not replace the root"],
    [{ volumes: [{ ...volume, mount_path: "/a/../b" }] }, "volumes.0.mount_path", "must not contain .."],
    [{ volumes: [{ ...volume, name: "tmp" }] }, "volumes.0.name", "must not be tmp"],
    [{ volumes: [volume, { ...volume, mount_path: "/x" }] }, "volumes.1.name", "is that of another volume"],
    [
      { volumes: [volume, { ...volume, name: "x", mount_path: "/data/" }] },
      "volumes.1.mount_path",
      "is that of another volume",
    ],
    [
      { volumes: [{ ...volume, config_map: undefined, empty_dir: "some" }] },
      "volumes.0.empty_dir",
      "quantity",
    ],
    [{ image_pull_policy: "always" }, "image_pull_policy", `"Always"|"IfNotPresent"|"Never"`],
    [{ image_pull_secrets: ["A"] }, "image_pull_secrets.0", "must be small letters"],
    [{ node_selector: { disk: "a b" } }, "node_selector.disk", "must be letters, digits, -, _ and ."],
    [{ tolerations: ["gpu"] }, "tolerations.0", "object"],
    [{ labels: { team: "a b" } }, "labels.team", "must be letters, digits, -, _ and . (63 at most)"],
    [{ labels: { team: "a".repeat(64) } }, "labels.team", "must be letters"],
    [{ labels: { team: 1 } }, "labels.team", "string"],
    [{ labels: { "a b": "" } }, "labels.a b", "must have a name of letters"],
    [{ labels: { "": "" } }, "labels.", "must have a name of letters"],
    [{ annotations: { "UPPER/a": "" } }, "annotations.UPPER/a", "must have a name of letters"],
    ...[
      "app.kubernetes.io/managed-by",
      "app.kubernetes.io/name",
      "open-mcp-gateway.io/owner",
      "job-name",
      "batch.kubernetes.io/controller-uid",
    ].map((name): [object, string, string] => [
      { labels: { [name]: "x" } },
      `labels.${name}`,
      "is set by the gateway or the cluster",
    ]),
    [
      { annotations: { "open-mcp-gateway.io/server": "x" } },
      "annotations.open-mcp-gateway.io/server",
      "is set by the gateway or the cluster",
    ],
    [{ active_deadline_seconds: 59 }, "active_deadline_seconds", ">=60"],
    [{ grace_period_seconds: -1 }, "grace_period_seconds", ">=0"],
    [{ grace_period_seconds: 1.5 }, "grace_period_seconds", "int"],
    [{ pod_overrides: [] }, "pod_overrides", "record"],
    [
      { pod_overrides: { restartPolicy: "OnFailure" } },
      "pod_overrides.restartPolicy",
      "must stay Never: the gateway starts a server anew by itself",
    ],
    [{ pod_overrides: { restartPolicy: null } }, "pod_overrides.restartPolicy", "must stay Never"],
    [{ pod_overrides: { containers: null } }, "pod_overrides.containers", "must leave the container server"],
    [server({ $patch: "delete" }), "pod_overrides.containers", "must leave the container server"],
    [
      { pod_overrides: { containers: [{ $patch: "replace" }, { name: "other" }] } },
      "pod_overrides.containers",
      "must leave the container server there: it is the server",
    ],
    [server({ stdin: false }), "pod_overrides.containers.0.stdin", "follows from transport"],
    [server({ stdinOnce: null }), "pod_overrides.containers.0.stdinOnce", "follows from transport"],
    [server({ tty: true }), "pod_overrides.containers.0.tty", "follows from transport"],
    [
      { pod_overrides: { "$setElementOrder/containers": [] } },
      "pod_overrides.$setElementOrder/containers",
      "is not understood; $patch and $retainKeys are",
    ],
    [server({ $patch: "merge" }), "pod_overrides.containers.0.$patch", "must be delete or replace"],
    [{ pod_overrides: { $retainKeys: "a" } }, "pod_overrides.$retainKeys", "must be a list of keys"],
    [{ nonsense: true }, "nonsense", `Unrecognized key: "nonsense"`],
  ])("%j", (options, path, message) => {
    const found = complaints(jobOptions, { image, ...options });
    expect(found, found.join("\n")).toEqual([expect.stringContaining(message)]);
    expect(found[0]).toMatch(`${path}: `);
  });
});

describe("options of a Service", () => {
  test.each([
    { service_name: "tickets", port: 80 },
    { deployment: "tickets.v1", port: 80, min_replicas: 0, max_replicas: 1 },
    { service_name: "tickets", deployment: "tickets", port: 80, path: "/", min_replicas: 2, max_replicas: 2 },
  ])("that are taken: %j", (options) => {
    expect(complaints(serviceOptions, options)).toEqual([]);
  });

  const port = 80;
  test.each<[object, string, string]>([
    [{ service_name: "a" }, "port", "is required"],
    [{ service_name: "a", port: 0 }, "port", ">=1"],
    [{ port }, "service_name", "is required, or deployment is"],
    [{ port, service_name: "A.b" }, "service_name", "must be small letters"],
    [{ port, deployment: "A" }, "deployment", "must be small letters"],
    [{ port, service_name: "a", path: "mcp" }, "path", "must begin with /"],
    [{ port, service_name: "a", max_replicas: 1 }, "max_replicas", "goes with deployment"],
    [{ port, service_name: "a", min_replicas: 1 }, "min_replicas", "goes with deployment"],
    [
      { port, deployment: "a", min_replicas: 3, max_replicas: 2 },
      "max_replicas",
      "must not be less than min_replicas",
    ],
    [{ port, deployment: "a", max_replicas: 0 }, "max_replicas", ">=1"],
    [{ port, deployment: "a", namespace: "A" }, "namespace", "must be small letters"],
    [{ port, service_name: "a", image: "x" }, "image", `Unrecognized key: "image"`],
  ])("that are refused: %j", (options, path, message) => {
    const found = complaints(serviceOptions, options);
    expect(found, found.join("\n")).toEqual([expect.stringContaining(message)]);
    expect(found[0]).toMatch(`${path}: `);
  });
});

test("quantities are what they are to Kubernetes", () => {
  expect(["1", "1.5", "500m", "250u", "1k", "2M", "1Ki", "1.5Gi", "2E", "1e3"].map(amountOf)).toEqual([
    ...[1, 1.5, 0.5, 0.00025, 1000, 2e6, 1024],
    ...[1.5 * 1024 ** 3, 2e18, 1000],
  ]);
});

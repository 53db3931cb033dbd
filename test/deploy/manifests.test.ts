import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { isDeepStrictEqual } from "node:util";
import { describe, expect, test } from "vitest";
import {
  checkRuntimeOptions,
  formatDiagnostic,
  parseCatalog,
  parseConfig,
  type ReferenceSources,
} from "../../packages/core/src/config/index.ts";
import createKubernetesRuntimes from "../../packages/runtime-k8s/src/index.ts";
import { violations } from "../../packages/runtime-k8s/test/support/restricted-profile.ts";
import { type Kubectl, kubectl, kubectls } from "../support/deploy/kubectl.ts";
import {
  kubernetesFolder,
  manifestFiles,
  manifestsIn,
  readKustomization,
} from "../support/deploy/manifests.ts";
import { type Manifest, strayFields } from "../support/deploy/published-schema.ts";

interface Named {
  readonly kind: string;
  readonly metadata: { readonly name: string };
}

const folders = {
  base: "base",
  mcp: "overlays/mcp",
  example: "overlays/example",
  test: "overlays/test",
};
const pathOf = (folder: keyof typeof folders) => join(kubernetesFolder, folders[folder]);
const files = [...new Set([...manifestFiles(pathOf("example")), ...manifestFiles(pathOf("test"))])];
const manifests = files.flatMap((file) => manifestsIn(readFileSync(file, "utf8"))) as (Manifest & Named)[];
const labelOf = ({ kind, metadata }: Named) => `${kind} ${metadata.name}`;

/** The one object of a kind and name. */
function object<T = never>(kind: string, name = "open-mcp-gateway"): T {
  const [found, ...more] = manifests.filter((one) => one.kind === kind && one.metadata.name === name);
  if (!found || more.length > 0) throw new Error(`there are ${more.length} of ${kind} ${name}`);
  return found as T;
}

interface Deployment {
  readonly spec: {
    readonly selector: { readonly matchLabels: Readonly<Record<string, string>> };
    readonly template: {
      readonly metadata: { readonly labels: Readonly<Record<string, string>> };
      readonly spec: {
        readonly containers: readonly [
          {
            readonly ports: readonly [{ readonly containerPort: number }];
            readonly lifecycle: { preStop: { exec: { command: readonly [string, string] } } };
          },
        ];
        readonly terminationGracePeriodSeconds: number;
        readonly volumes: readonly { readonly configMap?: { readonly name: string } }[];
        readonly serviceAccountName: string;
      };
    };
  };
}

describe("the manifests", () => {
  test.each(manifests.map((one) => [labelOf(one), one] as const))(
    "hold nothing that the published schema does not know: %s",
    (_, manifest) => {
      expect(strayFields(manifest)).toEqual([]);
    },
  );

  test("are all used", () => {
    const written = globSync("**/*.yaml", { cwd: kubernetesFolder }).map((file) =>
      join(kubernetesFolder, file),
    );
    const inFolders = Object.values(folders).flatMap((folder) => {
      const path = join(kubernetesFolder, folder);
      const { configMapGenerator = [] } = readKustomization(path);
      const names = ["kustomization.yaml", ...configMapGenerator.flatMap((one) => one.files)];
      return names.map((name) => join(path, name));
    });
    expect(written.sort()).toEqual([...files, ...inFolders].sort());
  });

  test("make a pod that fits the restricted profile of Pod Security", () => {
    expect(violations(object<Deployment>("Deployment").spec.template)).toEqual([]);
  });

  test("give no rights beyond a namespace, no secrets, and no commands in pods", () => {
    expect(manifests.filter(({ kind }) => kind.startsWith("Cluster"))).toEqual([]);
    const { rules } = object<{ rules: { resources: string[]; verbs: string[] }[] }>("Role");
    const asked = rules.flatMap(({ resources, verbs }) => [...resources, ...verbs]);
    for (const refused of ["*", "secrets", "pods/exec", "pods/ephemeralcontainers"])
      expect(asked).not.toContain(refused);
  });

  test("hold no key", () => {
    expect(manifests.filter(({ kind }) => kind === "Secret")).toEqual([]);
  });

  test("select the gateway's pods, and these alone", () => {
    const { selector, template } = object<Deployment>("Deployment").spec;
    expect(template.metadata.labels).toMatchObject(selector.matchLabels);
    const selects = { matchLabels: selector.matchLabels };
    for (const name of ["open-mcp-gateway", "open-mcp-gateway-node-port"])
      expect(object("Service", name)).toMatchObject({ spec: { selector: selector.matchLabels } });
    expect(object("PodDisruptionBudget")).toMatchObject({ spec: { selector: selects } });
    expect(object("NetworkPolicy")).toMatchObject({ spec: { podSelector: selects } });
    expect(object("NetworkPolicy", "open-mcp-gateway-servers")).toMatchObject({
      spec: { ingress: [{ from: [{ podSelector: selects }] }] },
    });
  });

  test("go with the image, and leave the gateway the time that it takes to end", () => {
    const { containers, terminationGracePeriodSeconds } = object<Deployment>("Deployment").spec.template.spec;
    const [{ ports, lifecycle }] = containers;
    const dockerfile = readFileSync(join(kubernetesFolder, "../image/Dockerfile"), "utf8");
    expect(dockerfile).toContain(`EXPOSE ${ports[0].containerPort}\n`);
    const leavingSeconds = Number(lifecycle.preStop.exec.command[1]);
    const drainSeconds = 25;
    const endSeconds = 10;
    expect(terminationGracePeriodSeconds).toBeGreaterThan(leavingSeconds + drainSeconds + endSeconds);
  });
});

describe("the configuration in the manifests", () => {
  const [generator] = readKustomization(pathOf("base")).configMapGenerator ?? [];
  const text = (file: string, folder: "base" | "example" = "base") =>
    readFileSync(join(pathOf(folder), file), "utf8");
  const none: ReferenceSources = { variable: () => undefined, file: () => "" };

  test("is the one that the pod mounts", () => {
    expect(generator).toEqual({ name: "open-mcp-gateway", files: ["config.yaml", "catalog.yaml"] });
    const { volumes } = object<Deployment>("Deployment").spec.template.spec;
    expect(volumes.find(({ configMap }) => configMap)?.configMap?.name).toBe(generator?.name);
  });

  test.each(["base", "example"] as const)("is valid: %s", async (folder) => {
    const config = parseConfig(text("config.yaml"), "config.yaml", none);
    const catalog = parseCatalog(text("catalog.yaml", folder), "catalog.yaml", none);
    const runtimes = createKubernetesRuntimes();
    const checked = await checkRuntimeOptions(catalog.servers ?? [], runtimes, catalog.locate);
    const found = [...config.diagnostics, ...catalog.diagnostics, ...checked.diagnostics];
    expect(found.filter(({ severity }) => severity === "error").map(formatDiagnostic)).toEqual([]);
  });

  test("lets clients in by the names of the Service", () => {
    const { namespace } = readKustomization(pathOf("mcp"));
    const { metadata } = object<Named>("Service");
    const names = ["", `.${namespace}`, `.${namespace}.svc`, `.${namespace}.svc.cluster.local`];
    const { config } = parseConfig(text("config.yaml"), "config.yaml", none);
    expect(config?.allowed_hosts).toEqual(names.map((rest) => metadata.name + rest));
  });
});

describe.skipIf(kubectls.length === 0)("kustomize, as old and as new as there is here,", () => {
  const render = async (command: Kubectl, folder: keyof typeof folders) =>
    manifestsIn(await kubectl(command, "kustomize", pathOf(folder))) as (Manifest & Named)[];

  test.each(["base", "test"] as const)("makes the same of the folder %s", async (folder) => {
    const written = manifestFiles(pathOf(folder)).flatMap((file) => manifestsIn(readFileSync(file, "utf8")));
    const labels = [...(written as (Manifest & Named)[]).map(labelOf), "ConfigMap open-mcp-gateway"];
    const [first = {}, ...others] = await Promise.all(
      kubectls.map(async (command) => byLabel(await render(command, folder))),
    );
    expect(Object.keys(first).sort()).toEqual(labels.sort());
    for (const other of others) expect(other).toEqual(first);
  });
});

describe("the check against the published schema", () => {
  test("finds fields that there are not, values of another type, and unknown kinds", () => {
    const spec = { minAvailable: "1", maxUnavailabel: 1, selector: { matchLabels: { a: 1 } } };
    expect(strayFields({ apiVersion: "policy/v1", kind: "PodDisruptionBudget", spec })).toEqual([
      "PodDisruptionBudget.spec.maxUnavailabel is unknown",
      "PodDisruptionBudget.spec.selector.matchLabels.a must be string",
    ]);
    const ports = [{ port: 80, targetPort: { name: "http" } }];
    expect(strayFields({ apiVersion: "v1", kind: "Service", spec: { ports, selector: [] } })).toEqual([
      "Service.spec.ports[0].targetPort must be IntOrString",
      "Service.spec.selector must be a map",
    ]);
    expect(strayFields({ apiVersion: "policy/v1beta1", kind: "PodDisruptionBudget" })).toEqual([
      "policy/v1beta1 PodDisruptionBudget is unknown",
    ]);
  });
});

function byLabel(all: readonly (Manifest & Named)[]): Record<string, unknown> {
  return Object.fromEntries(all.map((one) => [labelOf(one), withoutEmpty(one)]));
}

/** The old one writes empty maps. */
function withoutEmpty(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutEmpty);
  if (typeof value !== "object" || value === null) return value;
  const kept = Object.entries(value).filter(([, inner]) => !isDeepStrictEqual(inner, {}));
  return Object.fromEntries(kept.map(([key, inner]) => [key, withoutEmpty(inner)]));
}

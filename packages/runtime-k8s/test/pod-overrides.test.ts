import { describe, expect, test } from "vitest";
import { merge, mergeKeys } from "../src/job/pod-overrides.ts";
import { describeWithCluster, testNamespace } from "./support/cluster.ts";
import { base, overrideCases } from "./support/override-cases.ts";

describe("overrides of a pod's spec", () => {
  test.each(overrideCases)("$what", ({ overrides, result }) => {
    expect(merge(base, overrides)).toEqual(result);
  });

  test("leave the spec that they are of as it was, and no directive behind", () => {
    const before = structuredClone(base);
    const merged = overrideCases.map(({ overrides }) => merge(base, overrides));
    expect(base).toEqual(before);
    expect(JSON.stringify(merged)).not.toContain("$");
  });

  test("take an odd name for a name", () => {
    const merged = merge({}, JSON.parse('{"__proto__":{"a":1}}'));
    expect(Object.keys(merged)).toEqual(["__proto__"]);
    expect(Object.getPrototypeOf(merged)).toBe(Object.prototype);
  });
});

interface Template {
  readonly template: { readonly spec: object };
}

interface Definition {
  readonly properties?: Readonly<Record<string, Property>>;
}

interface Property {
  readonly $ref?: string;
  readonly type?: string;
  readonly items?: { readonly $ref?: string };
  readonly "x-kubernetes-patch-merge-key"?: string;
}

/** A cluster puts what is new first in a merged list; here it comes last, so that it can refer to what stands before. */
function inOrder(spec: object): unknown {
  return JSON.parse(JSON.stringify(spec), (name, value) => {
    const key = mergeKeys[name];
    if (key === undefined || !Array.isArray(value)) return value;
    return value.sort((a, b) => String(a[key]).localeCompare(String(b[key])));
  });
}

describeWithCluster("overrides of a pod's spec are what a cluster makes of them as a patch:", (cluster) => {
  const namespace = testNamespace(cluster);
  const path = `/api/v1/namespaces/${namespace}/podtemplates`;
  const create = async (spec: object): Promise<Template> => {
    const metadata = { name: `template-${crypto.randomUUID()}` };
    return JSON.parse(
      await cluster.ask(path, { method: "POST", body: { metadata, template: { spec } } }),
    ) as Template;
  };

  test.each(overrideCases)("$what", async ({ overrides }) => {
    const { metadata } = (await create(base)) as Template & { metadata: { name: string } };
    const patched: Template = JSON.parse(
      await cluster.ask(`${path}/${metadata.name}`, {
        method: "PATCH",
        type: "application/strategic-merge-patch+json",
        body: { template: { spec: overrides } },
      }),
    );
    const created = await create(merge(base, overrides));
    expect(inOrder(created.template.spec)).toEqual(inOrder(patched.template.spec));
  });

  test("with the merge keys of the cluster, and of newer ones", async () => {
    const { definitions } = JSON.parse(await cluster.ask("/openapi/v2")) as {
      definitions: Record<string, Definition>;
    };
    const keys: Record<string, string> = {};
    const seen = new Set<string>();
    const collect = (reference: string | undefined) => {
      if (reference === undefined || seen.has(reference)) return;
      seen.add(reference);
      const { properties = {} } = definitions[reference.replace("#/definitions/", "")] ?? {};
      for (const [name, property] of Object.entries(properties)) {
        const key = property["x-kubernetes-patch-merge-key"];
        if (key !== undefined && property.type === "array") keys[name] = key;
        collect(property.$ref ?? property.items?.$ref);
      }
    };
    collect("#/definitions/io.k8s.api.core.v1.PodSpec");
    // Neither containers for debugging nor owners of the claims of volumes are part of what is created.
    const { ephemeralContainers: _, ownerReferences: __, ...expected } = keys;
    expect(mergeKeys).toEqual({ resourceClaims: "name", schedulingGates: "name", ...expected });
  });
});

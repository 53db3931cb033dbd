import * as client from "@kubernetes/client-node";

/** A manifest, or anything in it. */
export type Manifest = Readonly<Record<string, unknown>>;

interface Attribute {
  readonly baseName: string;
  readonly type: string;
}

interface Model {
  getAttributeTypeMap(): readonly Attribute[];
}

const models = client as unknown as Readonly<Record<string, Model | undefined>>;

/**
 * What of a manifest the OpenAPI schema of Kubernetes does not have, by its path: fields that there are not, and values of another
 * type. The schema is the one from which the client is generated. That a required field is missing only a cluster says.
 */
export function strayFields(manifest: Manifest): string[] {
  const { apiVersion, kind } = manifest;
  const isStable = /^(?:[\w.]+\/)?v1$/.test(String(apiVersion));
  if (!isStable || !models[`V1${kind}`]) return [`${apiVersion} ${kind} is unknown`];
  return strayIn(manifest, `V1${kind}`, String(kind));
}

function strayIn(value: unknown, type: string, path: string): string[] {
  const item = /^Array<(.+)>$/.exec(type)?.[1];
  if (item !== undefined) {
    if (!Array.isArray(value)) return [`${path} must be a list`];
    return value.flatMap((one, index) => strayIn(one, item, `${path}[${index}]`));
  }
  if (type === "any" || type === "object") return [];
  if (type === "IntOrString")
    return ["string", "number"].includes(typeof value) ? [] : [`${path} must be ${type}`];
  const entry = /^\{ \[key: string\]: (.+?);? \}$/.exec(type)?.[1];
  const model = models[type];
  if (entry === undefined && model === undefined)
    return typeof value === type ? [] : [`${path} must be ${type}`];
  if (typeof value !== "object" || value === null || Array.isArray(value)) return [`${path} must be a map`];
  return Object.entries(value).flatMap(([key, inner]) => {
    const known = entry ?? model?.getAttributeTypeMap().find(({ baseName }) => baseName === key)?.type;
    return known === undefined ? [`${path}.${key} is unknown`] : strayIn(inner, known, `${path}.${key}`);
  });
}

type Json = unknown;
type JsonObject = Readonly<Record<string, Json>>;

/** The lists of a pod's spec that are merged, and the member that tells their items apart (core/v1). All others are replaced. */
export const mergeKeys: Readonly<Record<string, string>> = {
  containers: "name",
  env: "name",
  hostAliases: "ip",
  imagePullSecrets: "name",
  initContainers: "name",
  ports: "containerPort",
  resourceClaims: "name",
  schedulingGates: "name",
  topologySpreadConstraints: "topologyKey",
  volumeDevices: "devicePath",
  volumeMounts: "mountPath",
  volumes: "name",
};

/**
 * Kubernetes' strategic merge patch of a pod's spec: objects and lists with a merge key are merged, null takes away, the rest
 * replaces. Of its directives: `$patch: delete`, `$patch: replace`, `$retainKeys`. What is new in a list comes last.
 */
export function merge(base: JsonObject, changes: JsonObject): JsonObject {
  const { $patch, $retainKeys, ...members } = changes;
  if ($patch === "delete") return {};
  const result = new Map($patch === "replace" ? [] : Object.entries(base));
  if (Array.isArray($retainKeys))
    for (const key of [...result.keys()]) if (!$retainKeys.includes(key)) result.delete(key);
  for (const [key, change] of Object.entries(members)) {
    if (change === null) result.delete(key);
    else result.set(key, mergeValue(key, result.get(key), change));
  }
  return Object.fromEntries(result);
}

function mergeValue(key: string, base: Json, change: Json): Json {
  if (isObject(change)) return merge(isObject(base) ? base : {}, change);
  const by = Object.hasOwn(mergeKeys, key) ? mergeKeys[key] : undefined;
  if (by === undefined || !Array.isArray(change) || !change.every(isObject)) return change;
  return mergeItems(Array.isArray(base) ? base : [], change, by);
}

function mergeItems(base: readonly JsonObject[], changes: readonly JsonObject[], by: string): JsonObject[] {
  const isAnew = changes.some(({ $patch }) => $patch === "replace");
  const items = isAnew ? [] : [...base];
  for (const change of changes) {
    if (change.$patch === "replace") continue;
    const at = items.findIndex((item) => item[by] === change[by]);
    if (change.$patch === "delete") items.splice(at, at === -1 ? 0 : 1);
    else if (at === -1) items.push(merge({}, change));
    else items[at] = merge(items[at] ?? {}, change);
  }
  return items;
}

export function isObject(value: Json): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

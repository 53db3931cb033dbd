import * as v from "valibot";
import { labelName, objectName } from "../forms.ts";
import { checkAll, closed } from "../schemas.ts";
import { quantity } from "./resources.ts";

/** What a server sees besides its image. */

const temporary = { name: "tmp", path: "/tmp" };

const mountPath = v.pipe(
  v.string(),
  v.regex(/^\/[^:\0]*$/, "must be an absolute path without :"),
  v.check((path) => placeOf(path) !== "/", "must not replace the root of the file system"),
  v.check((path) => !path.split("/").includes(".."), "must not contain .."),
);

const volume = v.pipe(
  closed({
    name: v.pipe(labelName, v.description("A name within this entry.")),
    mount_path: v.pipe(
      mountPath,
      v.description("Where the server finds it. One at /tmp is in place of the memory there."),
    ),
    read_only: v.pipe(
      v.optional(v.boolean(), true),
      v.description("Whether the server can not write there; an empty_dir it can."),
    ),
    config_map: v.pipe(v.optional(objectName), v.description("The name of a ConfigMap.")),
    secret: v.pipe(v.optional(objectName), v.description("The name of a Secret.")),
    pvc: v.pipe(v.optional(objectName), v.description("The name of a PersistentVolumeClaim.")),
    empty_dir: v.pipe(
      v.optional(quantity),
      v.description("A folder of this size that ends with the pod, such as 64Mi."),
    ),
  }),
  v.check(
    (one) =>
      [one.config_map, one.secret, one.pvc, one.empty_dir].filter((kind) => kind !== undefined).length === 1,
    "must say one of config_map, secret, pvc and empty_dir",
  ),
);

type Volume = v.InferOutput<typeof volume>;

export const volumes = v.pipe(
  v.array(volume),
  checkAll((all, complain) => {
    for (const [index, { name, mount_path }] of all.entries()) {
      const before = all.slice(0, index);
      if (name === temporary.name) complain("must not be tmp: that is the memory at /tmp", index, "name");
      if (before.some((other) => other.name === name)) complain("is that of another volume", index, "name");
      if (before.some((other) => placeOf(other.mount_path) === placeOf(mount_path)))
        complain("is that of another volume", index, "mount_path");
    }
  }),
);

/** The volumes of a pod. */
export function volumesOf(volumes: readonly Volume[]): object[] {
  const memory = { name: temporary.name, emptyDir: { medium: "Memory", sizeLimit: "64Mi" } };
  return [...(hasTemporary(volumes) ? [] : [memory]), ...volumes.map(volumeOf)];
}

/** Where its container finds them. */
export function mountsOf(volumes: readonly Volume[]): object[] {
  const memory = { name: temporary.name, mountPath: temporary.path };
  const mounts = volumes.map(({ name, mount_path, read_only, empty_dir }) => ({
    name,
    mountPath: mount_path,
    readOnly: read_only && empty_dir === undefined,
  }));
  return [...(hasTemporary(volumes) ? [] : [memory]), ...mounts];
}

function volumeOf({ name, config_map, secret, pvc, empty_dir, read_only }: Volume): object {
  if (config_map !== undefined) return { name, configMap: { name: config_map } };
  if (secret !== undefined) return { name, secret: { secretName: secret } };
  if (pvc !== undefined) return { name, persistentVolumeClaim: { claimName: pvc, readOnly: read_only } };
  return { name, emptyDir: { sizeLimit: empty_dir } };
}

function hasTemporary(volumes: readonly Volume[]): boolean {
  return volumes.some(({ mount_path }) => placeOf(mount_path) === temporary.path);
}

/** A path in one form: `/a/` and `//a` are `/a`. */
function placeOf(path: string): string {
  return `/${path.split("/").filter(Boolean).join("/")}`;
}

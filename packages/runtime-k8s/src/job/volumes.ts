import { z } from "zod";
import { labelName, missing, objectName } from "../forms.ts";
import { quantity } from "./resources.ts";

/** What a server sees besides its image. */

const temporary = { name: "tmp", path: "/tmp" };

const mountPath = z
  .string({ error: missing })
  .regex(/^\/[^:\0]*$/, "must be an absolute path without :")
  .refine((path) => placeOf(path) !== "/", "must not replace the root of the file system")
  .refine((path) => !path.split("/").includes(".."), "must not contain ..");

const volume = z
  .strictObject({
    name: labelName.describe("A name within this entry."),
    mount_path: mountPath.describe("Where the server finds it. One at /tmp is in place of the memory there."),
    read_only: z
      .boolean()
      .default(true)
      .describe("Whether the server can not write there; an empty_dir it can."),
    config_map: objectName.optional().describe("The name of a ConfigMap."),
    secret: objectName.optional().describe("The name of a Secret."),
    pvc: objectName.optional().describe("The name of a PersistentVolumeClaim."),
    empty_dir: quantity.optional().describe("A folder of this size that ends with the pod, such as 64Mi."),
  })
  .refine(
    (one) =>
      [one.config_map, one.secret, one.pvc, one.empty_dir].filter((kind) => kind !== undefined).length === 1,
    { error: "must say one of config_map, secret, pvc and empty_dir" },
  );

type Volume = z.output<typeof volume>;

export const volumes = z.array(volume).superRefine((all, { addIssue }) => {
  for (const [index, { name, mount_path }] of all.entries()) {
    const before = all.slice(0, index);
    const complain = (key: string, message: string) =>
      addIssue({ code: "custom", path: [index, key], message });
    if (name === temporary.name) complain("name", "must not be tmp: that is the memory at /tmp");
    if (before.some((other) => other.name === name)) complain("name", "is that of another volume");
    if (before.some((other) => placeOf(other.mount_path) === placeOf(mount_path)))
      complain("mount_path", "is that of another volume");
  }
});

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

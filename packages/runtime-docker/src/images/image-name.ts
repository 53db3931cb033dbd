/** Parts of image references, as Docker reads them. */

export const hub = "docker.io";

/** The host of the registry that an image comes from. */
export function registryOf(reference: string): string {
  const [first = "", ...rest] = reference.split("/");
  return rest.length > 0 && /[.:]|^localhost$/.test(first) ? first : hub;
}

/** A reference without tag and digest, in its shortest form, so that two can be compared. */
export function repositoryOf(reference: string): string {
  return reference
    .replace(/@.*$/, "")
    .replace(/:[^:/]*$/, "")
    .replace(/^docker\.io\//, "")
    .replace(/^library\//, "");
}

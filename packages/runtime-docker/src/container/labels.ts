import type { StartRequest } from "@omg/core/runtime";

/** By these labels a container is known as ours, whatever it is called. */
export const ownerLabel = "io.omg.owner";
export const instanceLabel = "io.omg.instance";
export const serverLabel = "io.omg.server";
const imageLabel = "io.omg.image";

export function labelsOf(request: StartRequest<{ readonly image: string }>): Record<string, string> {
  return {
    [ownerLabel]: request.owner,
    [instanceLabel]: request.instanceId,
    [serverLabel]: request.server,
    [imageLabel]: request.options.image,
  };
}

/** The filter of an owner's containers. */
export function ofOwner(owner: string): string {
  return `${ownerLabel}=${owner}`;
}

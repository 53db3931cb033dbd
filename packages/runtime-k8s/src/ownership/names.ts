import { createHash } from "node:crypto";

/** By these labels what belongs to a gateway is known, whatever it is called. Values of labels are 63 characters at most. */
export const managedBy = "app.kubernetes.io/managed-by";
export const manager = "open-mcp-gateway";
export const ownerLabel = "open-mcp-gateway.io/owner";
export const instanceLabel = "open-mcp-gateway.io/instance";
export const serverAnnotation = "open-mcp-gateway.io/server";
const appLabel = "app.kubernetes.io/name";

export interface Named {
  readonly server: string;
  readonly instanceId: string;
  readonly owner: string;
}

/** Labels and name of what is made for an instance: valid for every server id, and the same each time for the same instance. */
export function labelsOf({ server, instanceId, owner }: Named): Record<string, string> {
  return {
    [managedBy]: manager,
    [ownerLabel]: labelValue(owner),
    [instanceLabel]: digestOf(`${server}\0${instanceId}`, 32),
    [appLabel]: wordOf(server) || "server",
  };
}

export function objectNameOf({ server, instanceId }: Named): string {
  const digest = digestOf(`${server}\0${instanceId}`, 10);
  return ["omg", wordOf(server), digest].filter((part) => part !== "").join("-");
}

/** Selects everything that is an owner's. */
export function ownedBy(owner: string): string {
  return `${ownerLabel}=${labelValue(owner)}`;
}

/** An owner's id as a label: as it is where that is allowed. */
export function labelValue(text: string): string {
  return /^[A-Za-z0-9](?:[\w.-]{0,61}[A-Za-z0-9])?$/.test(text) ? text : digestOf(text, 32);
}

function wordOf(server: string): string {
  return server
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, "-")
    .slice(0, 40)
    .replace(/^-+|-+$/g, "");
}

function digestOf(text: string, length: number): string {
  return createHash("sha256").update(text).digest("hex").slice(0, length);
}

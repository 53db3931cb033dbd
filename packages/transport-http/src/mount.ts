import type { IncomingMessage } from "node:http";
import { OmgError } from "@omg/core";

const MOUNT = Symbol("mount");
const PATH = /^(?:\/[\w.~!$&'()*+,;=:@%-]+)*\/?$/;

interface Mounted extends IncomingMessage {
  /** Where Express has mounted what it calls, and what it has cut off the target. */
  readonly baseUrl?: string;
  [MOUNT]?: string;
}

/** A path to mount at, without a slash at its end; `undefined`: none is given. Throws `config_invalid`. */
export function mountPath(basePath: string | undefined): string | undefined {
  if (basePath === undefined) return undefined;
  if (PATH.test(basePath)) return basePath.replace(/\/$/, "");
  const message = `basePath: ${JSON.stringify(basePath)} is no path, for example /gateway`;
  throw new OmgError("config_invalid", { message });
}

/** Cuts off the target what leads to this front, where nobody has yet, and notes it. */
export function enterMount(incoming: Mounted, basePath: string | undefined): void {
  const { baseUrl = "", url = "" } = incoming;
  const mount = basePath ?? baseUrl;
  incoming[MOUNT] = mount;
  const target = baseUrl + url;
  const rest = target.slice(mount.length);
  // A query makes `/gateway?x` of `/gateway/?x`.
  if (target.startsWith(mount) && /^[/?]|^$/.test(rest))
    incoming.url = rest.startsWith("/") ? rest : `/${rest}`;
}

/** What leads to this front: stands before every path that a client is told. */
export function mountOf(incoming: Mounted): string {
  return incoming[MOUNT] ?? "";
}

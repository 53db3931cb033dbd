import * as v from "valibot";
import { checkAll, mapOf } from "./schemas.ts";

/** Forms of single options, read as the `docker` command reads them. */

const sizes = { b: 1, k: 1024, m: 1024 ** 2, g: 1024 ** 3 } as const;
const leastMemory = 6 * sizes.m;

export const unlimited = v.literal("unlimited");

const bytesForm = /^(\d+(?:\.\d+)?)([bkmg]?)b?$/i;

export const aSize = "must be a size of 6m or more, such as 512m or 2g, or unlimited";

/** A number of bytes: `512m`, `2g`. */
export const bytes = v.pipe(
  v.string(),
  v.check((value) => bytesForm.test(value) && bytesOf(value) >= leastMemory, aSize),
);

export function bytesOf(size: string): number {
  const [, number = "0", unit = "b"] = bytesForm.exec(size) ?? [];
  return Math.floor(Number(number) * sizes[(unit.toLowerCase() || "b") as keyof typeof sizes]);
}

const digestForm = /@sha256:[0-9a-f]{64}$/;

/** `[registry/]name[:tag][@sha256:digest]` (distribution's reference grammar). */
export const imageReference = v.pipe(
  v.string(),
  v.regex(
    /^(?:[a-zA-Z0-9][a-zA-Z0-9.-]*(?::\d+)?\/)?[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*(?:\/[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*)*(?::\w[\w.-]{0,127})?(?:@sha256:[0-9a-f]{64})?$/,
    "must be the name of an image, such as ghcr.io/acme/server:1.2",
  ),
);

/** Whether a reference names one image for ever. */
export function isPinned(reference: string): boolean {
  return digestForm.test(reference);
}

export const network = v.pipe(
  v.string(),
  v.regex(/^[a-zA-Z0-9][a-zA-Z0-9_.-]*$/, "must be bridge, none, or the name of a network"),
  v.check(
    (value) => value !== "host",
    "must not be host: the server would reach all that this machine reaches",
  ),
  v.check((value) => value !== "default", "must not be default: say bridge"),
);

export interface Volume {
  /** A path of this machine, or the name of a volume. */
  readonly source: string;
  readonly target: string;
  readonly readOnly: boolean;
}

export function parseVolume(text: string): Volume | undefined {
  const [, source, target, mode] = /^([^:]+):(\/[^:]*)(?::(ro|rw))?$/.exec(text) ?? [];
  if (source === undefined || target === undefined) return undefined;
  return { source, target, readOnly: mode === "ro" };
}

/** Whether a volume's source is a path, not a name. */
export function isPath(source: string): boolean {
  return source.startsWith("/") || source.startsWith(".") || source === "~" || source.startsWith("~/");
}

export const volume = v.pipe(
  v.string(),
  checkAll((value, complain) => {
    const parsed = parseVolume(value);
    if (!parsed) return complain("must be host:container or host:container:ro, the second an absolute path");
    const { source, target } = parsed;
    if (target === "/") return complain("must not replace the root of the container");
    if (!isPath(source) && !/^[a-zA-Z0-9][a-zA-Z0-9_.-]*$/.test(source))
      return complain("must begin with a path (which begins with /, ./ or ~/) or with the name of a volume");
    if (/(?:^|\/)(?:docker|podman|containerd|dockerd|crio)\.sock$/.test(source))
      complain("must not hand an engine's socket to a server: it would rule this machine");
  }),
);

export const capability = v.pipe(
  v.string(),
  v.regex(/^[A-Z_]+$/, "must be the name of a capability, such as NET_BIND_SERVICE"),
  v.check(
    (name) => name !== "ALL",
    "must not be ALL: name those that it needs; with all of them it would be root of the engine's machine",
  ),
);

export const tmpfs = v.pipe(
  v.string(),
  v.regex(/^\/[^:]+(?::[\w=,.%-]+)?$/, "must be an absolute path, or path:options such as /cache:size=64m"),
);

export interface PublishedPort {
  readonly address: string;
  /** Empty: the engine chooses. */
  readonly hostPort: string;
  /** `80/tcp`. */
  readonly containerPort: string;
}

const portForm = /^(?:(?:(\[[0-9a-f:]+\]|\d+\.\d+\.\d+\.\d+):)?(\d{0,5}):)?(\d{1,5})(?:\/(tcp|udp))?$/;

export function parsePort(text: string | number): PublishedPort | undefined {
  const [, address = "127.0.0.1", hostPort = "", inside, protocol = "tcp"] =
    portForm.exec(String(text)) ?? [];
  const isPort = (value: string) => Number(value) >= 1 && Number(value) <= 65_535;
  if (inside === undefined || !isPort(inside) || (hostPort !== "" && !isPort(hostPort))) return undefined;
  return { address: address.replace(/[[\]]/g, ""), hostPort, containerPort: `${inside}/${protocol}` };
}

const aPort = "must be host:container or address:host:container, such as 8080:80";

export const port = v.pipe(
  v.union([v.string(), v.number()], aPort),
  v.check((value) => parsePort(value) !== undefined, aPort),
);

export const extraHost = v.pipe(
  v.string(),
  v.regex(/^[a-zA-Z0-9.-]+:(?:[0-9a-fA-F.:]+|host-gateway)$/, "must be name:address"),
);

export const labels = v.pipe(
  mapOf(v.string()),
  checkAll((names, complain) => {
    for (const name of Object.keys(names))
      if (name === "" || name.startsWith("io.omg."))
        complain("must have a name, and none that begins with io.omg.: those are the gateway's own", name);
  }),
);

export const environmentName = /^[^\s=\0]+$/;

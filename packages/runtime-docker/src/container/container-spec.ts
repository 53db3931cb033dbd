import type { ContainerCreateOptions, MountSettings } from "dockerode";
import type { EngineImage } from "../engine/engine.ts";
import { bytesOf, parsePort } from "../option-forms.ts";
import type { DockerOptions } from "../options.ts";
import { temporaryFolders } from "./temporary-folders.ts";

export interface SpecParts {
  readonly options: DockerOptions;
  readonly image: EngineImage;
  readonly name: string;
  readonly env: Readonly<Record<string, string>>;
  readonly labels: Readonly<Record<string, string>>;
  readonly mounts: readonly MountSettings[];
}

/** Nobody in particular, on every Linux. */
const nobody = "65534:65534";

/**
 * The container of an instance, as the engine is asked for it: nothing that the entry does not name, and of what containers may
 * do by default no more than MCP servers need.
 */
export function containerSpec({
  options,
  image,
  name,
  env,
  labels,
  mounts,
}: SpecParts): ContainerCreateOptions {
  const { command, args, user, working_dir, stop_timeout, platform } = options;
  const usesStdin = options.transport === "stdio";
  const imposed = user ?? (image.user === "" ? nobody : undefined);
  // Who has no entry in the image's list of users has no home there either.
  const home = imposed === nobody ? { HOME: "/tmp" } : {};
  const ports = publishedPorts(options);
  return {
    name,
    ...(platform === undefined ? {} : { platform }),
    Image: image.id,
    ...(command === undefined ? {} : { Entrypoint: [command], Cmd: [] }),
    ...(args === undefined ? {} : { Cmd: args }),
    Env: Object.entries({ ...home, ...env }).map(([key, value]) => `${key}=${value}`),
    ...(imposed === undefined ? {} : { User: imposed }),
    ...(working_dir === undefined ? {} : { WorkingDir: working_dir }),
    Labels: { ...options.labels, ...labels },
    Tty: false,
    // The end of the connection, however it comes about, is the end of the server's input.
    OpenStdin: usesStdin,
    StdinOnce: usesStdin,
    AttachStdin: usesStdin,
    AttachStdout: true,
    AttachStderr: true,
    ExposedPorts: Object.fromEntries(Object.keys(ports).map((port) => [port, {}])),
    StopTimeout: Math.ceil(stop_timeout),
    HostConfig: {
      AutoRemove: true,
      RestartPolicy: { Name: "" },
      Init: true,
      Privileged: false,
      CapDrop: ["ALL"],
      CapAdd: options.cap_add,
      SecurityOpt: ["no-new-privileges"],
      ReadonlyRootfs: options.read_only,
      Tmpfs: temporaryFolders({ tmpfs: options.tmpfs, image, mounts }),
      Mounts: [...mounts],
      Memory: limit(options.memory, bytesOf),
      // The same figure: no swap on top of it.
      MemorySwap: limit(options.memory, bytesOf),
      NanoCpus: limit(options.cpus, (cpus) => Math.round(cpus * 1e9)),
      PidsLimit: limit(options.pids_limit, (count) => count),
      NetworkMode: options.network,
      PortBindings: ports,
      ExtraHosts: options.extra_hosts,
      // What a server writes goes to the gateway alone: messages do not pile up on the engine's disk.
      LogConfig: { Type: "none", Config: {} },
    },
  };
}

/** Docker's own word for no limit is 0. */
function limit<T>(value: T | "unlimited", toNumber: (value: T) => number): number {
  return value === "unlimited" ? 0 : toNumber(value);
}

function publishedPorts(options: DockerOptions): Record<string, { HostIp: string; HostPort: string }[]> {
  const bindings: Record<string, { HostIp: string; HostPort: string }[]> = {};
  const publish = (port: string, HostIp: string, HostPort: string) => {
    bindings[port] ??= [];
    bindings[port].push({ HostIp, HostPort });
  };
  if (options.port !== undefined) publish(`${options.port}/tcp`, "127.0.0.1", "");
  for (const text of options.ports) {
    const { containerPort, address, hostPort } = parsePort(text) ?? {};
    if (containerPort !== undefined) publish(containerPort, address ?? "", hostPort ?? "");
  }
  return bindings;
}

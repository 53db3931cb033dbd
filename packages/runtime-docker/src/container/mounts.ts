import { existsSync } from "node:fs";
import { realpath } from "node:fs/promises";
import { sep } from "node:path";
import { OmgError } from "@omg/core/runtime";
import type { MountSettings } from "dockerode";
import { type EngineAddress, isOfThisMachine } from "../engine/engine-address.ts";
import { type HostEnv, pathFrom, usualSockets } from "../engine/find-engine.ts";
import { isPath, parseVolume } from "../option-forms.ts";

export interface MountParts {
  readonly server: string;
  readonly volumes: readonly string[];
  readonly engine: EngineAddress;
  readonly hostEnv: HostEnv;
  readonly baseDirectory: string;
}

/** Sockets of engines, refused whether they exist or not. */
const sockets = [
  "/var/run/docker.sock",
  "/run/docker.sock",
  "/run/podman/podman.sock",
  "/run/containerd/containerd.sock",
  "/run/crio/crio.sock",
];

/**
 * What a container sees of this machine. Rejects with an `OmgError` for folders that do not exist, and for those that hold an
 * engine's socket, by whatever name: whoever has that rules the machine.
 */
export function mountsOf(parts: MountParts): Promise<MountSettings[]> {
  return Promise.all(
    parts.volumes.map(async (text) => {
      const volume = parseVolume(text);
      if (!volume) throw refused(parts.server, text, "is no volume");
      const { source, target: Target, readOnly: ReadOnly } = volume;
      if (!isPath(source)) return { Type: "volume", Source: source, Target, ReadOnly };
      return { Type: "bind", Source: await folderOf(source, parts), Target, ReadOnly };
    }),
  );
}

async function folderOf(source: string, parts: MountParts): Promise<string> {
  const { server, engine, hostEnv, baseDirectory } = parts;
  const path = pathFrom(source, hostEnv, baseDirectory);
  const isHere = isOfThisMachine(engine);
  // What another machine has, its engine knows.
  const real = isHere ? await realpath(path).catch((cause) => missing(server, path, cause)) : path;
  const own = "socketPath" in engine ? [engine.socketPath] : [];
  // Of the many places where a user's engine may listen, most hold none.
  const found = isHere ? usualSockets(hostEnv).filter(existsSync) : [];
  for (const socket of [...sockets, ...own, ...found]) {
    const there = isHere ? await realpath(socket).catch(() => socket) : socket;
    if (there === real || socket === real || there.startsWith(real === sep ? sep : real + sep))
      throw refused(
        server,
        path,
        `holds the engine's socket (${socket}): the server would rule this machine`,
      );
  }
  return real;
}

function missing(server: string, path: string, cause: NodeJS.ErrnoException): never {
  const what = cause.code === "ENOENT" ? "does not exist" : `can not be reached (${cause.code})`;
  throw refused(server, path, what, cause);
}

function refused(server: string, path: string, what: string, cause?: unknown): OmgError {
  return new OmgError("upstream_start_failed", {
    server,
    detail: "volume",
    cause,
    message: `Server '${server}' did not start: ${JSON.stringify(path)} ${what}. Correct "volumes".`,
  });
}

import { OmgError } from "@omg/core/runtime";
import type { Engine } from "./engine/engine.ts";
import { EngineFailure } from "./engine/engine-failure.ts";

interface Known {
  readonly words: RegExp;
  readonly detail: string;
  readonly fix: string;
}

/** What engines say of starts that can not work, in the words of several versions, and what to do about it. */
const known: readonly Known[] = [
  {
    words:
      /executable file not found|exec: .*no such file or directory|stat .*no such file or directory: unknown/i,
    detail: "command_not_found",
    fix: `The image has no such program: correct "command".`,
  },
  {
    words: /exec.*permission denied/i,
    detail: "command_not_executable",
    fix: `The user that it runs as may not execute it: see "user" and "command".`,
  },
  {
    words: /no such image/i,
    detail: "image_missing",
    fix: "Try again: the image has been removed meanwhile.",
  },
  {
    words: /port is already allocated|address already in use/i,
    detail: "port_in_use",
    fix: `Another program has the port: change "ports", or leave the host's port out.`,
  },
  {
    words: /cannot assign requested address/i,
    detail: "address_missing",
    fix: `The engine's machine has no such address: correct "ports".`,
  },
  {
    words: /network .* not found|could not find a network/i,
    detail: "network_missing",
    fix: `Create it (docker network create), or correct "network".`,
  },
  {
    words: /unable to find (?:user|group)|no matching entries in passwd|uids and gids must be/i,
    detail: "user_missing",
    fix: `Correct "user".`,
  },
  {
    words:
      /invalid mount|duplicate mount point|bind source path does not exist|invalid volume|error mounting/i,
    detail: "volume",
    fix: `Correct "volumes".`,
  },
  {
    words: /image .*platform|does not match the (?:specified|detected) .*platform|platform specifier/i,
    detail: "platform",
    fix: `Correct "platform".`,
  },
  {
    words: /error during container init: mkdir/i,
    detail: "working_dir",
    fix: `The folder can not be made there: correct "working_dir".`,
  },
  {
    words: /unknown capability/i,
    detail: "capability",
    fix: `Correct "cap_add".`,
  },
  {
    words: /range of CPUs/i,
    detail: "cpus",
    fix: `Correct "cpus".`,
  },
  {
    words: /invalid tmpfs option/i,
    detail: "tmpfs",
    fix: `Correct "tmpfs".`,
  },
  {
    words: /add-host/i,
    detail: "extra_hosts",
    fix: `Correct "extra_hosts".`,
  },
  {
    words: /is already in use by container/i,
    detail: "name_in_use",
    fix: `A container that is none of the gateway's has the name: change "container_name".`,
  },
  {
    words: /no space left on device/i,
    detail: "disk_full",
    fix: "The engine's disk is full: docker system prune.",
  },
];

const unheard = { detail: "engine_refused", fix: "Correct the entry, or ask the engine: docker events." };

/** Why an instance could not be started, in words for a person. */
export function startFailure(server: string, engine: Engine, failure: unknown): unknown {
  if (!(failure instanceof EngineFailure)) return failure;
  if (failure.isSilence) return unavailable(server, engine.name, failure);
  const { detail, fix } = known.find(({ words }) => words.test(failure.said)) ?? unheard;
  return new OmgError("upstream_start_failed", {
    server,
    detail,
    cause: failure,
    message: `Server '${server}' did not start: the engine says "${failure.said}". ${fix}`,
  });
}

/** The engine does not answer: no fault of the server's. */
function unavailable(server: string, engine: string, failure: EngineFailure): OmgError {
  return new OmgError("runtime_unavailable", {
    server,
    detail: "engine_unreachable",
    retryAfterMs: 1_000,
    cause: failure,
    message: `Server '${server}' did not start: no engine answers at ${engine} (${failure.said}). ${adviceFor(failure.said)}`,
  });
}

function adviceFor(code: string): string {
  if (code === "EACCES" || code === "EPERM")
    return "The gateway's user may not use it: add the user to the group docker, or run a rootless engine.";
  if (code === "ENOENT" || code === "ECONNREFUSED")
    return `Start Docker or Podman; where it listens elsewhere, say so by "engine" in the entry or by DOCKER_HOST.`;
  return "Look whether it is well: docker info.";
}

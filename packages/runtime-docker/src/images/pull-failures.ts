import { OmgError } from "@omg/core/runtime";
import type { EngineFailure } from "../engine/engine-failure.ts";
import { registryOf } from "./registry-login.ts";

const known: readonly (readonly [RegExp, (registry: string) => string])[] = [
  [
    /toomanyrequests|rate limit/i,
    (registry) => `${registry} allows no more pulls for now. Log in to it (docker login), or wait.`,
  ],
  [
    /no matching manifest|no match for platform/i,
    () => `It exists, but not for this platform. Correct "platform".`,
  ],
  [
    /unauthorized|authentication required|denied|no basic auth/i,
    (registry) => `It does not exist, or ${registry} wants a login: docker login ${registry}.`,
  ],
  [
    /manifest unknown|not found|repository .*name not known|name unknown/i,
    (registry) => `${registry} has no such image: correct the name or the tag.`,
  ],
  [
    /no such host|connection refused|i\/o timeout|proxyconnect|network is unreachable|TLS handshake|EOF|certificate/i,
    (registry) => `The engine can not reach ${registry}. Is the network up, and the name right?`,
  ],
  [/no space left/i, () => "The engine's disk is full: docker system prune."],
];

/** Why an image could not be fetched: what the registry said, and what to do about it. */
export function pullFailure(
  server: string,
  reference: string,
  failure: EngineFailure,
): OmgError | EngineFailure {
  if (failure.isSilence) return failure;
  const registry = registryOf(reference);
  const advice =
    known.find(([words]) => words.test(failure.said))?.[1](registry) ?? "Try docker pull by hand.";
  return new OmgError("upstream_start_failed", {
    server,
    detail: "image_pull_failed",
    cause: failure,
    message: `Server '${server}' did not start: the image ${reference} could not be pulled: "${failure.said}". ${advice}`,
  });
}

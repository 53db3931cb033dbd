import { OmgError } from "@omg/core/runtime";
import type { EngineFailure } from "../engine/engine-failure.ts";
import { isPinned } from "../option-forms.ts";
import { registryOf } from "./image-name.ts";
import type { PullFailure } from "./pulls.ts";
import type { RegistryLogin } from "./registry-login.ts";

export interface FailedPull {
  readonly server: string;
  /** As the entry names it. */
  readonly image: string;
  /** What was fetched: the image of the entry, or by digest the one that it has run so far. */
  readonly reference: string;
}

interface Found extends FailedPull, RegistryLogin {
  readonly registry: string;
}

/** What registries and engines say, in the words of several versions, and what to do about it. */
const known: readonly (readonly [RegExp, (found: Found) => string])[] = [
  [
    /toomanyrequests|too many requests|rate limit/i,
    ({ registry }) => `${registry} allows no more pulls for now. Log in to it (docker login), or wait.`,
  ],
  [
    /no matching manifest|no match for platform|does not match the specified platform/i,
    () => `It exists, but not for this platform. Correct "platform".`,
  ],
  [/unauthorized|authentication required|denied|no basic auth|incorrect username or password/i, loginAdvice],
  [/manifest unknown|not found|name not known|name unknown|unknown blob|blob unknown/i, missingAdvice],
  [
    /unexpected (?:HTTP )?status(?: code)?:? 5\d\d|internal server error|bad gateway/i,
    ({ registry }) => `${registry} is not well: try again later.`,
  ],
  [/no space left/i, () => "The engine's disk is full: docker system prune."],
  [
    /x509|certificate|gave HTTP response/i,
    ({ registry }) =>
      `The engine does not trust ${registry}: put its authority into /etc/docker/certs.d/${registry}/ca.crt, or the registry into the engine's insecure-registries.`,
  ],
  [
    /connection reset|broken pipe|unexpected EOF/i,
    ({ registry }) => `The connection to ${registry} broke off: the next call tries again.`,
  ],
  [
    /no such host|server misbehaving|connection refused|i\/o timeout|deadline exceeded|proxyconnect|network is unreachable|TLS handshake|EOF/i,
    ({ registry }) => `The engine can not reach ${registry}. Is the network up, and the name right?`,
  ],
];

/** Why an image could not be fetched: what the registry said, and what to do about it. */
export function pullFailure(pull: FailedPull, { failure, login }: PullFailure): OmgError | EngineFailure {
  if (failure.isSilence) return failure;
  const { server, reference } = pull;
  const found = { ...pull, ...login, registry: registryOf(reference) };
  const advice = known.find(([words]) => words.test(failure.said))?.[1](found) ?? "Try docker pull by hand.";
  return new OmgError("upstream_start_failed", {
    server,
    detail: "image_pull_failed",
    cause: failure,
    message: `Server '${server}' did not start: the image ${reference} could not be pulled: "${failure.said}". ${advice}`,
  });
}

function loginAdvice({ registry, login, problem }: Found): string {
  const remedy = `docker login ${registry}`;
  if (login)
    return `${registry} does not accept the login that docker has kept for it, or not for this image: ${remedy}.`;
  if (problem) return `${registry} wants a login, which was not found out, since ${problem}.`;
  return `It does not exist, or ${registry} wants a login: ${remedy}.`;
}

function missingAdvice({ registry, image, reference }: Found): string {
  if (reference !== image)
    return `The server has run this image, and ${registry} does not have it any more. To take what ${image} stands for now, change the entry or restart the gateway.`;
  return `${registry} has no such image: correct the name or the ${isPinned(image) ? "digest" : "tag"}.`;
}

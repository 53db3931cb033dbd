import { expect, test } from "vitest";
import { EngineFailure } from "../src/engine/engine-failure.ts";
import { pullFailure } from "../src/images/pull-failures.ts";
import { PullFailure } from "../src/images/pulls.ts";

const image = "ghcr.io/acme/server:1";

/** What a user reads of what an engine has said. */
function messageOf(said: string): string {
  const failure = new PullFailure(new EngineFailure("pull", said, 500), {});
  return pullFailure({ server: "files", image, reference: image }, failure).message;
}

// Words of Docker 20 to 28, of its containerd image store, and of Podman.
test.each([
  ["toomanyrequests: You have reached your pull rate limit.", "ghcr.io allows no more pulls for now."],
  [
    "failed to copy: httpReadSeeker: failed open: unexpected status code 429 Too Many Requests",
    "ghcr.io allows no more pulls for now.",
  ],
  ["no matching manifest for linux/arm64/v8 in the manifest list entries", `Correct "platform".`],
  [
    "pull access denied for x, repository does not exist or may require 'docker login': denied: requested access to the resource is denied",
    "docker login ghcr.io",
  ],
  ['Head "https://ghcr.io/v2/acme/server/manifests/1": unauthorized', "docker login ghcr.io"],
  ['Get "https://ghcr.io/v2/": no basic auth credentials', "docker login ghcr.io"],
  ["manifest for ghcr.io/acme/server:1 not found: manifest unknown: manifest unknown", "name or the tag"],
  [
    'failed to resolve reference "ghcr.io/acme/server:1": ghcr.io/acme/server:1: not found',
    "name or the tag",
  ],
  ["name unknown: repository name not known to registry", "name or the tag"],
  ["error pulling image configuration: download failed after attempts=1: unknown blob", "name or the tag"],
  ["received unexpected HTTP status: 503 Service Unavailable", "ghcr.io is not well: try again later."],
  ["httpReadSeeker: failed open: unexpected status code https://ghcr.io/v2/: 502 Bad Gateway", "is not well"],
  [
    "failed to register layer: Error processing tar file(exit status 1): write /app/x: no space left on device",
    "The engine's disk is full: docker system prune.",
  ],
  ['Get "https://ghcr.io/v2/": dial tcp: lookup ghcr.io: no such host', "can not reach ghcr.io"],
  [
    'Get "https://ghcr.io/v2/": dial tcp: lookup ghcr.io on 127.0.0.53:53: server misbehaving',
    "can not reach ghcr.io",
  ],
  ['Get "https://ghcr.io/v2/": dial tcp 127.0.0.1:1: connect: connection refused', "can not reach ghcr.io"],
  ['Get "https://ghcr.io/v2/": net/http: TLS handshake timeout', "can not reach ghcr.io"],
  ['Get "https://ghcr.io/v2/": context deadline exceeded (Client.Timeout exceeded)', "can not reach ghcr.io"],
  ['Get "https://ghcr.io/v2/": x509: certificate signed by unknown authority', "does not trust ghcr.io"],
  ['Get "https://ghcr.io/v2/": http: server gave HTTP response to HTTPS client', "insecure-registries"],
  [
    "read tcp 127.0.0.1:1->127.0.0.1:2: read: connection reset by peer",
    "broke off: the next call tries again.",
  ],
  ["unexpected EOF", "broke off: the next call tries again."],
  ["something entirely new", "Try docker pull by hand."],
])("%s", (said, advice) => {
  const message = messageOf(said);
  expect(message).toContain(
    `Server 'files' did not start: the image ${image} could not be pulled: "${said}". `,
  );
  expect(message).toContain(advice);
});

import { expect, test } from "vitest";
import { registryOf, repositoryOf } from "../src/images/image-name.ts";

const digest = `sha256:${"0".repeat(64)}`;

test.each([
  ["busybox", "docker.io", "busybox"],
  ["busybox:1.36", "docker.io", "busybox"],
  ["library/busybox", "docker.io", "busybox"],
  ["docker.io/library/busybox:1", "docker.io", "busybox"],
  ["acme/server:1", "docker.io", "acme/server"],
  ["ghcr.io/acme/server", "ghcr.io", "ghcr.io/acme/server"],
  [`ghcr.io/acme/server:1@${digest}`, "ghcr.io", "ghcr.io/acme/server"],
  ["127.0.0.1:5000/server", "127.0.0.1:5000", "127.0.0.1:5000/server"],
  [`127.0.0.1:5000/server@${digest}`, "127.0.0.1:5000", "127.0.0.1:5000/server"],
  ["localhost/server:dev", "localhost", "localhost/server"],
])("%s comes from %s and is a %s", (reference, registry, repository) => {
  expect(registryOf(reference)).toBe(registry);
  expect(repositoryOf(reference)).toBe(repository);
});

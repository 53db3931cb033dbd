#!/usr/bin/env bash
# up.sh [FILE [NAME…]]: the engine with its images, the registry, a browser, an SSH server and the cluster, or those of them
# that are named: docker, registry, browser, ssh, k8s. FILE gets the names of what this call started, for down.sh.
. "$(dirname "${BASH_SOURCE[0]}")/support.sh"

started=${1:-/dev/null}
shift || true
if (($# == 0)); then set -- docker registry browser ssh k8s; fi

for name in "$@"; do
  before=$(pid_of "$name")
  "$here/$name-up.sh"
  if [ "$(pid_of "$name")" != "$before" ]; then echo "$name" >> "$started"; fi
  if [ "$name" = docker ]; then "$here/docker-images.sh"; fi
done

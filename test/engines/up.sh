#!/usr/bin/env bash
# up.sh [FILE]: the engine, its images, the registry and a browser. FILE gets the names of what this call started, for down.sh.
. "$(dirname "${BASH_SOURCE[0]}")/support.sh"

started=${1:-/dev/null}

# up NAME: brings one up, and notes it if it was not there before.
up() {
  local before
  before=$(pid_of "$1")
  "$here/$1-up.sh"
  if [ "$(pid_of "$1")" != "$before" ]; then echo "$1" >> "$started"; fi
}

up docker
"$here/docker-images.sh"
up registry
"$here/browser-up.sh"

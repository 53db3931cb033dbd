#!/usr/bin/env bash
# down.sh [FILE]: ends what these scripts started, or only that part of it whose names stand in FILE.
. "$(dirname "${BASH_SOURCE[0]}")/support.sh"

# The cluster is in the engine, so it goes first.
names=(k8s registry docker)
if [ -n "${1:-}" ]; then
  [ -f "$1" ] || exit 0
  mapfile -t names < <(tac "$1")
fi
for name in "${names[@]}"; do "$here/$name-down.sh"; done

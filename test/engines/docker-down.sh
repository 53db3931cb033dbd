#!/usr/bin/env bash
# Ends the engine that docker-up.sh started, and every container in it. Its images stay for the next time.
. "$(dirname "${BASH_SOURCE[0]}")/support.sh"

if [ -f "$state/docker.pid" ] && [ -z "$(pid_of docker)" ]; then
  # An engine that was killed leaves its containers running, and only an engine can end them.
  "$here/docker-up.sh"
fi
if [ -z "$(pid_of docker)" ]; then
  say "no engine of ours runs"
  exit
fi
# DOCKER_HOST may name another engine by now, whose containers are none of ours.
DOCKER_HOST=$(tr '\0' '\n' < "/proc/$(pid_of docker)/cmdline" | sed -n '/^--host$/{n;p}')
mapfile -t containers < <(timeout 10 docker ps --all --quiet)
if ((${#containers[@]} > 0)); then timeout 60 docker rm --force --volumes "${containers[@]}" > /dev/null || true; fi
stop docker
drop_rules DOCKER-USER

#!/usr/bin/env bash
# Sees to it that a Docker engine answers: one that does already is used as it is, otherwise Debian's is installed and
# started, without systemd. All it has lies in folders of its own, so no other Docker of this machine is touched.
. "$(dirname "${BASH_SOURCE[0]}")/support.sh"

name=docker

answers() { timeout 5 docker version > /dev/null 2>&1; }

if ! command -v docker > /dev/null; then
  install docker.io
  # Newer releases have the command in a package of its own.
  command -v docker > /dev/null || install docker-cli
fi
if answers; then
  say "an engine answers: Docker $(docker version --format '{{.Server.Version}}')"
  exit
fi
if [[ $DOCKER_HOST != unix:///* ]]; then cannot "no engine answers on $DOCKER_HOST"; fi
if [ "$(uname)" != Linux ]; then cannot "no engine answers on $DOCKER_HOST, and one is only started on Linux"; fi
if [ "$(id -u)" != 0 ]; then cannot "no engine answers on $DOCKER_HOST, and starting one needs root"; fi
command -v dockerd > /dev/null || install docker.io
command -v iptables > /dev/null || install iptables

mkdir -p "$state"
if ! grep -q ' /sys/fs/cgroup' /proc/mounts; then
  mkdir -p /sys/fs/cgroup
  mount -t cgroup2 cgroup2 /sys/fs/cgroup
fi

arguments=(
  --host "$DOCKER_HOST" --pidfile "$state/$name.pid" --exec-root "$state/exec"
  --data-root /var/lib/omg-engines/docker --exec-opt native.cgroupdriver=cgroupfs --log-level warn
)
# A root without CAP_SYS_RESOURCE (bit 24) needs runc to ask for less.
if (((0x$(awk '/^CapEff/ { print $2 }' /proc/self/status) >> 24 & 1) == 0)); then
  cp "$here/runc-modest.sh" "$state/runc-modest"
  arguments+=(--add-runtime "modest=$state/runc-modest" --default-runtime modest)
fi

# start ARGUMENT…: starts dockerd, and waits until it answers or has ended.
start() {
  # One that runs without answering is of no use, and what a killed one left makes the next wait for it.
  stop $name
  rm -f "$state/exec/containerd/containerd.pid"
  # A pull from anywhere but the local registry ends at a dead port at once, instead of leaving this machine.
  HTTP_PROXY=http://127.0.0.1:9 HTTPS_PROXY=http://127.0.0.1:9 NO_PROXY=127.0.0.1,localhost \
    setsid dockerd "${arguments[@]}" "$@" > "$state/$name.log" 2>&1 &
  local pid=$!
  within 60 has_settled "$pid" || stop $name
  answers || { say "dockerd${*:+ $*} did not start: $(tail -n 1 "$state/$name.log")"; return 1; }
  say "started Docker $(docker version --format '{{.Server.Version}}') ($pid)"
}

has_settled() { answers || ! kill -0 "$1" 2> /dev/null; }

# Containers reach each other and this machine, and nothing beyond it.
keep_inside() {
  local device
  device=$(outside)
  if [ -z "$device" ] || ! iptables -S DOCKER-USER > /dev/null 2>&1; then return; fi
  local rule=(DOCKER-USER -o "$device" -m comment --comment omg-engines -j DROP)
  iptables -C "${rule[@]}" 2> /dev/null || iptables -I "${rule[@]}"
}

# Some kernels know only the older iptables; it is put first in the path, the machine keeps what it has.
use_legacy_iptables() {
  local family action
  for family in iptables ip6tables; do
    for action in '' -save -restore; do
      command -v "$family-legacy$action" > /dev/null || return 1
      mkdir -p "$state/legacy"
      ln -sf "$(command -v "$family-legacy$action")" "$state/legacy/$family$action"
    done
  done
  hash -r
}

# From what is best to what works nearly everywhere: without iptables, docker-proxy still serves 127.0.0.1.
start || { use_legacy_iptables && start; } ||
  start --iptables=false --ip6tables=false ||
  start --iptables=false --ip6tables=false --storage-driver=vfs ||
  { say "see $state/$name.log"; exit 1; }
keep_inside

# shellcheck shell=bash
# What the scripts of this folder share; each of them reads it first.
set -euo pipefail
exec < /dev/null
export DEBIAN_FRONTEND=noninteractive
# The tests look there, whatever context the command has chosen.
export DOCKER_HOST=${DOCKER_HOST:-unix:///var/run/docker.sock}

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# What runs is known by pid files in this folder, and by naming the folder in its command line.
state=/run/omg-engines
# The Node that the lockfile brings goes into the images.
PATH=$here/../../node_modules/.bin:$state/legacy:$PATH:/usr/sbin:/sbin

say() { echo "$(basename "$0"): $*"; }

# The end where this machine can not do it: callers tell that from a failure.
cannot() { say "can not be done here: $*"; exit 77; }

# install PACKAGE…: Debian packages, as root.
install() {
  if [ "$(id -u)" != 0 ]; then cannot "installing $* needs root"; fi
  if ! command -v apt-get > /dev/null; then cannot "installing $* needs Debian or Ubuntu"; fi
  say "installing $*"
  local command=(timeout 300 apt-get -qq -o DPkg::Lock::Timeout=200 install -y --no-install-recommends "$@")
  "${command[@]}" > /dev/null 2>&1 && return
  if ! { timeout 200 apt-get -qq update && "${command[@]}"; } > /dev/null; then cannot "$* can not be installed"; fi
}

# is_ours PID: whether a process was started by these scripts. Pids of pid files may be of others after a restart.
is_ours() { tr '\0' ' ' 2> /dev/null < "/proc/$1/cmdline" | grep -q "$state/"; }

# pid_of NAME: the pid of what these scripts started under that name, if it still runs.
pid_of() {
  local pid
  pid=$(cat "$state/$1.pid" 2> /dev/null) || return 0
  if is_ours "$pid"; then echo "$pid"; fi
}

# within SECONDS COMMAND…: repeats a command until it succeeds.
within() {
  local end=$((SECONDS + $1))
  shift
  until "$@"; do
    if ((SECONDS >= end)); then return 1; fi
    sleep 0.2
  done
}

# stop NAME: ends what was started under that name, at last by force.
stop() {
  local pid
  pid=$(pid_of "$1")
  if [ -n "$pid" ]; then
    kill "$pid" || true
    within 15 is_gone "$pid" || kill -9 "$pid"
    say "stopped $1 ($pid)"
  fi
  rm -f "$state/$1.pid"
}

is_gone() { ! is_ours "$1"; }

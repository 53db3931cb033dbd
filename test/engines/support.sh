# shellcheck shell=bash disable=SC2034
# What the scripts of this folder share; each of them reads it first.
set -euo pipefail
exec < /dev/null
export DEBIAN_FRONTEND=noninteractive
# The tests look there, whatever context the command has chosen.
export DOCKER_HOST=${DOCKER_HOST:-unix:///var/run/docker.sock}

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# What runs is known by pid files in this folder, and by naming the folder in its command line.
state=/run/omg-engines
# The cluster's parts, in the order of their start; what they are given; where its kubelet works; the program they all are in.
parts=(k8s-etcd k8s k8s-controllers k8s-scheduler k8s-kubelet k8s-proxy)
cluster=$state/k8s
kubelet=/var/lib/omg-engines/kubelet
hyperkube=/var/lib/omg-engines/hyperkube
api_port=26443 etcd_port=22379
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

# outside: the network device that leads out of this machine, if one does.
outside() { awk '$2 == "00000000" { print $1; exit }' /proc/net/route; }

# drop_rules CHAIN: takes out of a chain what these scripts put there; it would hold for others of this machine, too.
drop_rules() {
  local rule
  while read -r rule; do
    # shellcheck disable=SC2086 # the rule is several words
    iptables -D ${rule#-A }
  done < <(iptables -S "$1" 2> /dev/null | grep omg-engines || true)
}

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

# launch NAME COMMAND…: starts something that goes on after this script, under that name.
launch() {
  local name=$1
  shift
  setsid "$@" >> "$state/$name.log" 2>&1 &
  echo $! > "$state/$name.pid"
}

# bridge: the address of Docker's bridge, which nothing outside of this machine reaches.
bridge() { ip -4 -brief address show docker0 2> /dev/null | awk '{ sub("/.*", "", $3); print $3 }' || true; }

# ask PATH: what the API server answers. For curl under its own name it would indent that, which ends this release.
ask() {
  curl --silent --fail --noproxy '*' --user-agent omg-engines --max-time 5 \
    --cacert "$cluster/ca.crt" --cert "$cluster/admin.crt" --key "$cluster/admin.key" "https://127.0.0.1:$api_port$1"
}

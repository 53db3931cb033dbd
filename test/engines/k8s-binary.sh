#!/usr/bin/env bash
# k8s-binary.sh: sees to it that there is the one program with all parts of Kubernetes, and keeps it for the next time. A
# packed one is unpacked: that of HYPERKUBE_XZ, or else one in a folder shared/engines above this project. Without, it is
# built from Debian's sources.
. "$(dirname "${BASH_SOURCE[0]}")/support.sh"

if "$hyperkube" kube-apiserver --version > /dev/null 2>&1; then exit; fi
if [ "$(uname)" != Linux ]; then cannot "Kubernetes is only brought up on Linux"; fi
if [ "$(id -u)" != 0 ]; then cannot "bringing up Kubernetes needs root"; fi

# The packed program for this machine's kind of processor that is nearest above the project, if there is one.
packed_nearby() {
  local folder file
  folder=$(cd "$here/../.." && pwd)
  while [ "$folder" != / ]; do
    folder=$(dirname "$folder")
    for file in "${folder%/}"/shared/engines/hyperkube-*-"$(dpkg --print-architecture)".xz; do
      if [ -f "$file" ]; then echo "$file"; fi
    done
  done | head -n 1
}

packed=${HYPERKUBE_XZ:-$(packed_nearby)}
if [ -z "$packed" ]; then exec "$here/k8s-build.sh"; fi

command -v xz > /dev/null || install xz-utils
mkdir -p "$(dirname "$hyperkube")"
xz --decompress --stdout "$packed" > "$hyperkube.new"
chmod 755 "$hyperkube.new"
mv "$hyperkube.new" "$hyperkube"
say "unpacked $("$hyperkube" kube-apiserver --version)"

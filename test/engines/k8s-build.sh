#!/usr/bin/env bash
# k8s-build.sh: builds the one program with all parts of Kubernetes (hyperkube.go) from Debian's source package, which has
# everything in it that this takes, with Debian's Go. It takes five minutes and 4 GB of disk for the time.
. "$(dirname "${BASH_SOURCE[0]}")/support.sh"

if ! grep -qx VERSION_CODENAME=bookworm /etc/os-release; then
  cannot "Kubernetes is only built on Debian 12; HYPERKUBE_XZ may name a program that was built there"
fi
if [ "$(id -u)" != 0 ]; then cannot "bringing up Kubernetes needs root"; fi
if ! command -v go > /dev/null || ! command -v dpkg-source > /dev/null; then install golang-go dpkg-dev; fi

work=/var/lib/omg-engines/build
source=$work/go/src/k8s.io/kubernetes
trap 'rm -rf "$work"' EXIT
rm -rf "$work"
mkdir -p "$work"/{state/lists/partial,cache/archives/partial} "$(dirname "$source")"
cd "$work"

# The machine's own list of sources stays as it is: its mirror is asked with one for this alone.
mirror=$(apt-get indextargets --format '$(REPO_URI)' 'Codename: bookworm' 'Created-By: Packages' | head -n 1)
echo "deb-src [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] $mirror bookworm main" > list
apt=(
  timeout 300 apt-get -qq -o APT::Sandbox::User=root -o Dir::Etc::sourcelist="$work/list" -o Dir::Etc::sourceparts=-
  -o Dir::State="$work/state" -o Dir::State::status=/var/lib/dpkg/status -o Dir::Cache="$work/cache"
)
say "fetching the sources"
{ "${apt[@]}" update && "${apt[@]}" source --download-only kubernetes; } > log 2>&1 ||
  cannot "Debian's source package of Kubernetes can not be fetched: $(tail -n 1 log)"
dpkg-source --extract kubernetes_*.dsc "$source" > log 2>&1
cd "$source"

version=$(sed -n '1s/.*(\(.*\)).*/\1/p' debian/changelog)
if [[ $version != *1.20.2-* ]]; then cannot "Debian's Kubernetes is $version, and these scripts know 1.20.2"; fi
export GOPATH=$work/go GOCACHE=$work/objects GOTMPDIR=$work GO111MODULE=off GOPROXY=off CGO_ENABLED=0 GOFLAGS=-trimpath

# The one generated file that the sources lack.
go build -o "$work/openapi-gen" ./vendor/k8s.io/kube-openapi/cmd/openapi-gen
described=$(grep -rl --include='*.go' --exclude='*_test.go' --exclude='zz_generated*' '+k8s:openapi-gen=' \
  cmd pkg plugin staging/src/k8s.io | grep -v -e /code-generator/ -e /sample-apiserver/ -e /testdata/ -e /_examples/ |
  xargs -n 1 dirname | sort -u | sed 's|^staging/src/|vendor/|; s|^|k8s.io/kubernetes/|' | paste -sd ,)
GOROOT=$(go env GOROOT) "$work/openapi-gen" --logtostderr --input-dirs "$described" \
  --output-package k8s.io/kubernetes/pkg/generated/openapi --output-file-base zz_generated.openapi \
  --go-header-file vendor/k8s.io/code-generator/hack/boilerplate.go.txt --report-filename "$work/report" > "$work/log" 2>&1

# These look for a cloud around the machine.
sed -i '/credentialprovider\/\(aws\|azure\|gcp\)"/d' cmd/kubelet/app/plugins.go

mkdir cmd/hyperkube
cp "$here/hyperkube.go" cmd/hyperkube/main.go
flags="-s -w"
for package in client-go/pkg/version component-base/version; do
  named=k8s.io/kubernetes/vendor/k8s.io/$package
  flags+=" -X $named.gitVersion=v1.20.2 -X $named.gitMajor=1 -X $named.gitMinor=20 -X $named.gitCommit=$version"
done
say "building $version"
timeout 1200 go build -tags providerless -ldflags "$flags" -o "$hyperkube.new" ./cmd/hyperkube
mv "$hyperkube.new" "$hyperkube"
say "built $("$hyperkube" kube-apiserver --version)"

#!/usr/bin/env bash
# Sees to it that a Kubernetes cluster answers: one node, which is this machine. Its pods are containers of the Docker
# engine that docker-up.sh sees to, so they sit on Docker's bridge. A cluster that is half there is cleared first.
. "$(dirname "${BASH_SOURCE[0]}")/support.sh"

node=omg-engines
server=https://127.0.0.1:$api_port

# Whether the node takes pods and says that it has their images, and pods can be made.
is_ready() {
  local described
  described=$(ask "/api/v1/nodes/$node") &&
    [[ $described == *'"type":"Ready","status":"True"'* && $described == *'"omg-test/everything:1"'* ]] &&
    ask /api/v1/namespaces/default/serviceaccounts/default > /dev/null
}

all_run() {
  local part
  for part in "${parts[@]}"; do [ -n "$(pid_of "$part")" ] || return; done
}

if all_run && is_ready; then
  say "a cluster answers: KUBECONFIG=$cluster/admin.kubeconfig"
  exit
fi
"$here/k8s-binary.sh"
timeout 5 docker version > /dev/null 2>&1 || { say "no engine answers: run docker-up.sh first"; exit 1; }
# Port-forward is done by socat.
for command in etcd:etcd-server conntrack:conntrack socat:socat ip:iproute2 iptables:iptables openssl:openssl curl:curl; do
  command -v "${command%:*}" > /dev/null || install "${command#*:}"
done
# That is the node's address, too.
address=$(bridge)
if [ -z "$address" ]; then cannot "the engine has no bridge docker0 on this machine"; fi

"$here/k8s-down.sh"
# Half a cluster is of no use.
trap '"$here/k8s-down.sh"' EXIT
rm -f "$state"/k8s*.log
mkdir -p "$cluster/etcd" "$kubelet"
# The kubelet and the proxy change some of these, and k8s-down.sh sets them back.
for name in vm/overcommit_memory vm/panic_on_oom kernel/panic kernel/panic_on_oops kernel/keys/root_maxkeys \
  kernel/keys/root_maxbytes net/ipv4/conf/all/route_localnet fs/inotify/max_user_instances; do
  if [ -w "/proc/sys/$name" ]; then echo "$name $(cat "/proc/sys/$name")"; fi
done > "$cluster/sysctls"
# The kubelet watches much, and so does the machine that it runs on.
if (($(cat /proc/sys/fs/inotify/max_user_instances) < 1024)); then
  echo 1024 > /proc/sys/fs/inotify/max_user_instances
fi
"$here/k8s-pki.sh" "$node" "$address" "$server"
# In memory, so that nothing waits for a disk.
mount -t tmpfs -o mode=700 omg-engines "$cluster/etcd"

# await COMMAND…: waits until it succeeds, unless a part of the cluster ends before.
await() {
  within 120 has_settled "$@" || true
  "$@" > /dev/null || { say "the cluster did not start; ended by themselves: $(ended); see $state/k8s*.log"; exit 1; }
}

has_settled() { "$@" > /dev/null || [ -n "$(ended)" ]; }

ended() {
  local part
  for part in "${parts[@]}"; do
    if [ -f "$state/$part.pid" ] && ! kill -0 "$(cat "$state/$part.pid")" 2> /dev/null; then echo "$part"; fi
  done
}

# Pods ask the API server, too, so it listens on every address; from outside of this machine nothing gets there.
device=$(outside)
if [ -n "$device" ]; then
  iptables -I INPUT -i "$device" -p tcp --dport $api_port -m comment --comment omg-engines -j DROP
fi

peers=http://127.0.0.1:$((etcd_port + 1)) etcd=http://127.0.0.1:$etcd_port
launch k8s-etcd etcd --name "$node" --data-dir "$cluster/etcd" --log-level warn \
  --listen-client-urls "$etcd" --advertise-client-urls "$etcd" \
  --listen-peer-urls "$peers" --initial-advertise-peer-urls "$peers" --initial-cluster "$node=$peers"
"$here/k8s-api.sh" start
await ask /readyz

launch k8s-controllers "$hyperkube" kube-controller-manager --kubeconfig "$cluster/controllers.kubeconfig" \
  --service-account-private-key-file "$cluster/tokens.key" --root-ca-file "$cluster/ca.crt" \
  --use-service-account-credentials --leader-elect=false --bind-address 127.0.0.1 --port 0 \
  --flex-volume-plugin-dir "$kubelet/plugins" --feature-gates TTLAfterFinished=true
launch k8s-scheduler "$hyperkube" kube-scheduler --kubeconfig "$cluster/scheduler.kubeconfig" --leader-elect=false \
  --bind-address 127.0.0.1 --port 0
# Nothing could pull images again, so none is collected; and all are told of, for tests to find.
cat > "$cluster/kubelet.yaml" << END
apiVersion: kubelet.config.k8s.io/v1beta1
kind: KubeletConfiguration
address: $address
readOnlyPort: 0
healthzPort: 0
authentication: { anonymous: { enabled: false }, webhook: { enabled: true }, x509: { clientCAFile: $cluster/ca.crt } }
authorization: { mode: Webhook }
tlsCertFile: $cluster/kubelet.crt
tlsPrivateKeyFile: $cluster/kubelet.key
cgroupDriver: $(docker info --format '{{.CgroupDriver}}')
failSwapOn: false
resolvConf: ""
imageGCHighThresholdPercent: 100
nodeStatusMaxImages: -1
nodeStatusUpdateFrequency: 5s
evictionHard: { memory.available: 100Mi, nodefs.available: 0%, nodefs.inodesFree: 0%, imagefs.available: 0% }
serializeImagePulls: false
volumePluginDir: $kubelet/plugins
featureGates: { DevicePlugins: false }
END
launch k8s-kubelet "$hyperkube" kubelet --config "$cluster/kubelet.yaml" --kubeconfig "$cluster/kubelet.kubeconfig" \
  --hostname-override $node --node-ip "$address" --root-dir "$kubelet" --cert-dir "$cluster" \
  --container-runtime docker --docker-endpoint "$DOCKER_HOST" --container-runtime-endpoint "unix://$cluster/docker.sock" \
  --experimental-dockershim-root-directory "$kubelet/docker" --pod-infra-container-image omg-test/pause:1 \
  --image-pull-progress-deadline 5s
launch k8s-proxy "$hyperkube" kube-proxy --kubeconfig "$cluster/proxy.kubeconfig" --hostname-override $node \
  --proxy-mode iptables --bind-address "$address" --nodeport-addresses 127.0.0.0/8 \
  --healthz-bind-address 127.0.0.1:10256 --conntrack-max-per-core 0 \
  --conntrack-tcp-timeout-established 0 --conntrack-tcp-timeout-close-wait 0
await is_ready
trap - EXIT
say "started $("$hyperkube" kube-apiserver --version): KUBECONFIG=$cluster/admin.kubeconfig"

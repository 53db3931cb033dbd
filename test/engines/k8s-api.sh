#!/usr/bin/env bash
# k8s-api.sh start|kill: starts the API server of the cluster of k8s-up.sh, or ends it by force, as it may happen to any. What runs
# in the cluster goes on. It answers some seconds after it was started.
. "$(dirname "${BASH_SOURCE[0]}")/support.sh"

start() {
  if [ -n "$(pid_of k8s)" ]; then return; fi
  launch k8s "$hyperkube" kube-apiserver --etcd-servers http://127.0.0.1:$etcd_port \
    --secure-port $api_port --advertise-address "$(bridge)" \
    --service-cluster-ip-range 10.96.0.0/16 --client-ca-file "$cluster/ca.crt" \
    --tls-cert-file "$cluster/apiserver.crt" --tls-private-key-file "$cluster/apiserver.key" \
    --service-account-issuer https://kubernetes.default.svc --api-audiences https://kubernetes.default.svc \
    --service-account-key-file "$cluster/tokens.key" --service-account-signing-key-file "$cluster/tokens.key" \
    --kubelet-client-certificate "$cluster/admin.crt" --kubelet-client-key "$cluster/admin.key" \
    --kubelet-preferred-address-types InternalIP --authorization-mode Node,RBAC \
    --enable-admission-plugins NodeRestriction --allow-privileged --feature-gates TTLAfterFinished=true
}

end() {
  local pid
  pid=$(pid_of k8s)
  if [ -z "$pid" ]; then say "no API server runs"; exit 1; fi
  kill -9 "$pid"
  within 15 is_gone "$pid"
}

case ${1:-} in
  start) start ;;
  kill) end ;;
  *) say "start or kill?"; exit 2 ;;
esac

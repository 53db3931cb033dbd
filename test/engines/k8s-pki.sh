#!/usr/bin/env bash
# k8s-pki.sh NODE ADDRESS SERVER: makes the keys and certificates of a cluster, and for each part that asks its API server
# a kubeconfig. All of it lies in the cluster's folder, which goes away with the cluster.
. "$(dirname "${BASH_SOURCE[0]}")/support.sh"

node=$1 address=$2 server=$3

key() { openssl ecparam -name prime256v1 -genkey -noout -out "$1.key"; }

# certificate NAME SUBJECT [ALTERNATIVE NAMES]
certificate() {
  key "$1"
  openssl req -new -key "$1.key" -subj "$2" |
    openssl x509 -req -CA ca.crt -CAkey ca.key -CAcreateserial -days 30 -out "$1.crt" -extfile <(
      echo keyUsage=digitalSignature
      echo extendedKeyUsage=serverAuth,clientAuth
      if [ -n "${3:-}" ]; then echo "subjectAltName=$3"; fi
    ) 2> /dev/null
}

# kubeconfig NAME: for whom the certificate of that name is.
kubeconfig() {
  cat > "$1.kubeconfig" << END
apiVersion: v1
kind: Config
clusters: [{ name: test, cluster: { server: $server, certificate-authority-data: $(base64 -w0 ca.crt) } }]
users: [{ name: $1, user: { client-certificate-data: $(base64 -w0 "$1.crt"), client-key-data: $(base64 -w0 "$1.key") } }]
contexts: [{ name: test, context: { cluster: test, user: $1 } }]
current-context: test
END
}

umask 077
cd "$cluster"
key ca
openssl req -x509 -new -key ca.key -days 30 -subj /CN=omg-engines -out ca.crt
certificate apiserver /CN=kube-apiserver \
  "DNS:localhost,DNS:kubernetes,DNS:kubernetes.default,DNS:kubernetes.default.svc,IP:127.0.0.1,IP:10.96.0.1,IP:$address"
certificate kubelet "/O=system:nodes/CN=system:node:$node" "DNS:$node,IP:$address"
certificate admin /O=system:masters/CN=admin
certificate controllers /CN=system:kube-controller-manager
certificate scheduler /CN=system:kube-scheduler
certificate proxy /CN=system:kube-proxy
for name in admin controllers scheduler kubelet proxy; do kubeconfig "$name"; done
# The key that tokens of service accounts are signed with.
openssl genrsa -out tokens.key 2048 2> /dev/null

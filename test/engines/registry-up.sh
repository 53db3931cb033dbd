#!/usr/bin/env bash
# Sees to it that an image registry answers on 127.0.0.1:5000, or on OMG_TEST_REGISTRY. It is for pushes and pulls of the
# tests; what is pushed lies in memory. Docker trusts registries on 127.0.0.0/8 without a certificate.
. "$(dirname "${BASH_SOURCE[0]}")/support.sh"

address=${OMG_TEST_REGISTRY:-127.0.0.1:5000}
name=registry

answers() { curl --silent --head --max-time 2 "http://$address/v2/" | grep -qi '^docker-distribution-api-version'; }

command -v curl > /dev/null || install curl
if answers; then
  say "a registry answers on $address"
  exit
fi
if [ "$(uname)" != Linux ]; then cannot "no registry answers on $address; one is only brought up on Linux"; fi
if [ "$(id -u)" != 0 ]; then cannot "no registry answers on $address, and starting one needs root"; fi
command -v docker-registry > /dev/null || install docker-registry

stop $name
mkdir -p "$state"
cat > "$state/$name.yml" << END
version: 0.1
log: { level: warn, accesslog: { disabled: true } }
storage: { inmemory: {}, delete: { enabled: true } }
http: { addr: "$address", secret: test }
END
setsid docker-registry serve "$state/$name.yml" > "$state/$name.log" 2>&1 &
pid=$!
echo "$pid" > "$state/$name.pid"

has_settled() { answers || ! kill -0 "$pid" 2> /dev/null; }
within 15 has_settled || kill "$pid"
answers || { say "docker-registry did not start: $(tail -n 2 "$state/$name.log")"; exit 1; }
say "started a registry on $address ($pid)"

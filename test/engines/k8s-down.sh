#!/usr/bin/env bash
# Ends the cluster that k8s-up.sh started and everything in it, and sets back what it changed on this machine.
. "$(dirname "${BASH_SOURCE[0]}")/support.sh"

for ((part = ${#parts[@]} - 1; part >= 0; part--)); do stop "${parts[part]}"; done
if [ ! -d "$cluster" ]; then exit; fi

# containers LABEL: the ids of all containers with it. An engine that has ended took its containers along.
containers() { timeout 10 docker ps --all --quiet --filter label="$1" 2> /dev/null || true; }

# Only our pods have our image for what holds them together; another cluster may have pods in the same engine.
ours='{{ if eq .Config.Image "omg-test/pause:1" }}{{ index .Config.Labels "io.kubernetes.pod.uid" }}{{ end }}'
containers io.kubernetes.docker.type=podsandbox | xargs --no-run-if-empty timeout 10 docker inspect --format "$ours" |
  while read -r pod; do containers "io.kubernetes.pod.uid=${pod:-none}"; done |
  xargs --no-run-if-empty timeout 60 docker rm --force --volumes > /dev/null || true

# without_rules TABLE: its rules without those of Kubernetes, as steps on what is there: Docker changes it, too.
without_rules() {
  local rules
  rules=$(iptables-save -t "$1")
  echo "*$1"
  sed -n 's/^-A \([^K].* -j KUBE-\)/-D \1/p' <<< "$rules"
  sed -n 's/^:\(KUBE-[^ ]*\).*/-F \1/p' <<< "$rules"
  sed -n 's/^:\(KUBE-[^ ]*\).*/-X \1/p' <<< "$rules"
  echo COMMIT
}
drop_rules INPUT
for table in filter nat mangle; do without_rules $table | iptables-restore --noflush; done
while read -r name value; do echo "$value" > "/proc/sys/$name" || true; done < "$cluster/sysctls"
find /sys/fs/cgroup -depth -type d -path '*/kubepods*' -exec rmdir {} + 2> /dev/null || true
# Pods' logs are links to those of their containers.
for logs in /var/log/containers /var/log/pods; do
  if [ -d $logs ]; then find $logs -depth \( -xtype l -o -type d -empty \) -delete; fi
done
# What is mounted deepest goes first.
awk -v ours="^($cluster|$kubelet)/" '$2 "/" ~ ours { print $2 }' /proc/mounts | sort --reverse |
  while read -r mounted; do umount --lazy "$mounted"; done
rm -rf "$cluster" "$kubelet"

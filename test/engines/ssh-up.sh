#!/usr/bin/env bash
# ssh-up.sh: an SSH server for tests of runtimes; Debian's OpenSSH, unless there is one. Tests start it themselves.
. "$(dirname "${BASH_SOURCE[0]}")/support.sh"

if command -v sshd > /dev/null; then
  say "there is sshd"
  exit 0
fi
# Debian starts it for everybody once it is installed, unless this file forbids it.
policy=/usr/sbin/policy-rc.d
if [ "$(id -u)" = 0 ] && [ ! -e $policy ]; then
  printf '#!/bin/sh\nexit 101\n' > $policy
  chmod +x $policy
  trap 'rm -f $policy' EXIT
fi
install openssh-server

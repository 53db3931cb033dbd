#!/bin/sh
# The first process of the container: hands on signals, ends with the gateway, and takes the exit codes of processes that
# lost their parent. Node would leave those as zombies.

# What runs in the background would have no input otherwise.
exec 3<&0
omg "$@" <&3 3<&- &
gateway=$!

pass() {
  interrupted=yes
  kill -s "$1" "$gateway" 2> /dev/null
}
trap 'pass TERM' TERM
trap 'pass HUP' HUP
# At a terminal the gateway gets it, too.
[ -t 0 ] || trap 'pass INT' INT

interrupted=yes
while [ "$interrupted" ]; do
  interrupted=
  wait "$gateway"
  code=$?
done
exit "$code"

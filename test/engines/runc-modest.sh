#!/bin/sh
# Runs runc, but asks for nothing that needs CAP_SYS_RESOURCE: without it runc ends with "can't get final child's PID
# from pipe: EOF" when a container wants a lower OOM score (as sandboxes of pods do) or that very capability.
previous='' bundle=. makes=''
for argument in "$@"; do
  case $previous in --bundle | -b) bundle=$argument ;; esac
  case $argument in
    create | run) makes=yes ;;
    --bundle=*) bundle=${argument#--bundle=} ;;
  esac
  previous=$argument
done
if [ -n "$makes" ] && [ -f "$bundle/config.json" ]; then
  sed -i -e 's/"oomScoreAdj":-[0-9]*/"oomScoreAdj":0/' -e 's/"CAP_SYS_RESOURCE",//g' "$bundle/config.json"
fi
exec runc "$@"

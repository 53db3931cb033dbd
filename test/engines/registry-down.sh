#!/usr/bin/env bash
# Ends the registry that registry-up.sh started, with all that was pushed to it.
. "$(dirname "${BASH_SOURCE[0]}")/support.sh"

stop registry

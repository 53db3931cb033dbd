#!/usr/bin/env bash
# browser-up.sh: a browser for tests of web pages; Debian's Chromium, unless there is one.
. "$(dirname "${BASH_SOURCE[0]}")/support.sh"

for name in chromium chromium-browser google-chrome google-chrome-stable; do
  if command -v "$name" > /dev/null; then
    say "there is $name"
    exit 0
  fi
done
install chromium

#!/usr/bin/env bash
# Builds the images of the tests from what this machine has and npm; nothing is pulled:
#   omg-test/busybox:1      a shell and the usual commands
#   omg-test/pause:1        does nothing, in each pod of the cluster
#   omg-test/node:1         the Node that runs the tests, on top of it
#   omg-test/everything:1   the reference server: `stdio` (the default), `streamableHttp` or `sse`
# An image whose inputs are the same as before, by a label, is kept.
. "$(dirname "${BASH_SOURCE[0]}")/support.sh"

# The classic builder: BuildKit needs a plug-in of the command.
export DOCKER_BUILDKIT=0

if [ "$(uname)" != Linux ]; then cannot "the images are made of this machine's programs, so it must be Linux"; fi
timeout 5 docker version > /dev/null 2>&1 || { say "no engine answers: run docker-up.sh first"; exit 1; }

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# image NAME INPUTS FUNCTION: has the function fill the folder of an image, with its Dockerfile, and builds it.
image() {
  local name=$1 inputs=$2 fill=$3 folder=$work/$3
  local label='{{ index .Config.Labels "omg-test.inputs" }}'
  if [ "$(docker image inspect --format "$label" "$name" 2> /dev/null)" = "$inputs" ]; then return; fi
  mkdir "$folder"
  "$fill" "$folder"
  tar -C "$folder" --numeric-owner -c . |
    timeout 200 docker build --quiet --label "omg-test.inputs=$inputs" --tag "$name" - > "$work/log" 2>&1 ||
    { cat "$work/log"; exit 1; }
  say "built $name"
}

# A busybox that needs no libraries: this machine's, or one out of its package, which is not installed for it.
static_busybox() {
  local installed
  if installed=$(command -v busybox) && [[ $(ldd "$installed" 2>&1) == *'not a dynamic'* ]]; then
    echo "$installed"
    return
  fi
  cd "$work" || return
  download busybox-static || { timeout 200 apt-get -qq update && download busybox-static; } > log 2>&1
  dpkg-deb --extract busybox-static_*.deb busybox-static && echo "$work/busybox-static/bin/busybox"
}

download() { timeout 100 apt-get -qq download "$1" > log 2>&1; }

fill_busybox() {
  local root=$1/root command
  mkdir -p "$root"/{bin,dev,etc,home/node,proc,root,sys,tmp,usr/bin,var/tmp}
  chmod 1777 "$root/tmp" "$root/var/tmp"
  cp "$busybox" "$root/bin/busybox"
  for command in $("$busybox" --list); do [ "$command" = busybox ] || ln -s busybox "$root/bin/$command"; done
  ln -s ../../bin/env "$root/usr/bin/env"
  printf '%s\n' root:x:0:0::/root:/bin/sh nobody:x:65534:65534::/:/bin/sh node:x:1000:1000::/home/node:/bin/sh \
    > "$root/etc/passwd"
  printf '%s\n' root:x:0: nogroup:x:65534: node:x:1000: > "$root/etc/group"
  # Without it, names of /etc/hosts come after those of DNS.
  echo 'hosts: files dns' > "$root/etc/nsswitch.conf"
  cat > "$1/Dockerfile" << 'END'
FROM scratch
COPY root/ /
RUN chown node:node /home/node
ENV PATH=/bin:/usr/bin
CMD ["/bin/sh"]
END
}

# It holds the network of a pod, and ends when it is told to.
fill_pause() {
  cat > "$1/Dockerfile" << 'END'
FROM omg-test/busybox:1
CMD trap 'exit 0' TERM; sleep 2147483647 & wait
END
}

fill_node() {
  local library
  mkdir -p "$1/root/usr/bin"
  cp "$node" "$1/root/usr/bin/node"
  # Each library goes where the loader looks for it.
  for library in $(ldd "$node" | grep -o '/[^ ]*' | sort -u); do
    mkdir -p "$1/root$(dirname "$library")"
    cp -L "$library" "$1/root$library"
  done
  cat > "$1/Dockerfile" << 'END'
FROM omg-test/busybox:1
COPY root/ /
CMD ["node"]
END
}

fill_everything() {
  mkdir "$1/app"
  echo '{ "private": true }' > "$1/app/package.json"
  local options=(--ignore-scripts --no-package-lock --prefer-offline --no-audit --no-fund --loglevel=error)
  timeout 200 npm install --prefix "$1/app" "${options[@]}" "$server@$version" > /dev/null ||
    { say "npm can not install $server"; exit 1; }
  cat > "$1/Dockerfile" << 'END'
FROM omg-test/node:1
COPY app/ /app/
WORKDIR /app
USER node
EXPOSE 3001
ENTRYPOINT ["node", "/app/node_modules/@modelcontextprotocol/server-everything/dist/index.js"]
CMD ["stdio"]
END
}

sum() { cat "$@" | cksum; }

busybox=$(static_busybox) || cannot "there is no busybox without libraries, and Debian's busybox-static can not be fetched"
node=$(node -p process.execPath)
server=@modelcontextprotocol/server-everything
version=$(sed -n "s|^ *\"$server\": *||p" "$here/../../pnpm-workspace.yaml")

# The recipes in this file are inputs, too.
image omg-test/busybox:1 "$(sum "$0" "$busybox")" fill_busybox
image omg-test/pause:1 "$(sum "$0" "$busybox")" fill_pause
image omg-test/node:1 "$(sum "$0" "$busybox" "$node")" fill_node
image omg-test/everything:1 "$(sum "$0" "$busybox" "$node") $version" fill_everything
say "the images are there"

import type { StartRequest } from "@omg/core/runtime";
import type { SshOptions } from "./options.ts";
import { quote, quotePath } from "./quote.ts";

/** Stands before the server's process id in the line that says: what follows is the server's own output. */
export const readyMark = "omg-runtime-ssh ready ";

/**
 * The command that ssh is given: a shell with the variables of the login alone, which runs a script of so many bytes
 * that comes first on its input. So everybody may see this command line, and it holds nothing of the catalog.
 */
export function remoteCommand(script: string, title: string): string {
  const login = ["HOME", "LOGNAME", "PATH", "SHELL", "USER"].map((name) => `${name}="$${name}"`).join(" ");
  const read = `dd bs=1 count=${Buffer.byteLength(script)} 2>/dev/null`;
  return `exec env -i ${login} /bin/sh -c 'eval "$(${read})"' ${quote(title)}`;
}

/** Ends by force what carries one of the markers, such as `OMG_OWNER=…`. Fails if something of it is left. */
export function endScript(marker: string): string {
  return `${endMarked(marker)}\nend_marked`;
}

/**
 * Runs the server, in a session of its own, behind a pump that hands its input on. The pump ends with that input: because
 * the instance is stopped, ssh or the gateway has died, or the connection is gone. Then the server has two seconds to end by
 * itself and, told by SIGTERM, three more. What it has started ends with it.
 *
 * If it is cut off on the way, nothing happens: what acts in it is one command, which a shell reads to its end first.
 */
export function serverScript(request: StartRequest<SshOptions>): string {
  const { command, args, cwd } = request.options;
  const variables = {
    ...request.env,
    OMG_INSTANCE: request.instanceId,
    OMG_OWNER: request.owner,
    OMG_SERVER: request.server,
  };
  const exports = Object.entries(variables).map(([name, value]) => `export ${name}=${quote(value)}`);
  return `${endMarked(`OMG_INSTANCE=${request.instanceId}`)}
# What the server has started shares its group; without setsid it has none, and is told alone.
signal() { kill "-$1" "-$2" || kill "-$1" "$2"; }
connected() { kill -0 "$PPID" || [ -d "/proc/$PPID" ]; }
fail() { printf '%s\\n' "$1" >&2; exit 127; }
setsid=$(command -v setsid)
# What shells say of processes that are killed is nobody's business; the server gets the true stderr.
exec 5>&2 2>/dev/null
trap : TERM
# The pump first tells its process id. It is no cat: that of busybox can block the other end of the pipe.
{ /bin/sh -c 'echo "$PPID"'; exec dd bs=65536; } | {
  trap : TERM
  read -r pump
  # In the background standard input would be empty.
  exec 4<&0
  (
    cd -- ${quotePath(cwd)} 2>/dev/null ||
      fail ${quote(`there is no folder ${JSON.stringify(cwd)} there. Create it, or correct "cwd".`)}
    unset PWD OLDPWD SHLVL
${exports.join("\n")}
    set -- ${[quotePath(command), ...args.map(quote)].join(" ")}
    case $1 in
    */*) [ -f "$1" ] && [ -x "$1" ] ;;
    *) command -v -- "$1" >/dev/null ;;
    esac || fail ${quote(`${JSON.stringify(command)} was not found there. Install it, or give its full path as "command".`)}
    /bin/sh -c 'echo "${readyMark}$PPID"'
    exec \${setsid:+"$setsid"} "$@"
  ) <&4 4<&- 2>&5 5>&- &
  server=$!
  exec 4<&- 5>&- </dev/null >/dev/null
  (
    while connected && kill -0 "$pump"; do sleep 1; done
    sleep 2; signal TERM "$server"
    sleep 3; signal KILL "$server"
  ) &
  watch=$!
  wait "$server"; status=$?
  kill -KILL "-$server"
  end_marked
  kill -TERM "$pump" "$watch" "-$$"; wait "$watch"
  exit "$status"
}`;
}

/** Processes are found by their environment, which only Linux shows; elsewhere none is. */
function endMarked(marker: string): string {
  return `end_marked() {
  [ -r /proc/self/environ ] || return 0
  rounds=0
  while [ "$rounds" -lt 30 ]; do
    rounds=$((rounds + 1)) found=
    for file in $(grep -lszxF -e ${quote(marker)} /proc/[0-9]*/environ); do
      found=\${file#/proc/} found=\${found%/environ}
      kill -KILL "$found" 2>/dev/null
    done
    [ "$found" ] || return 0
    sleep 0.1
  done
  return 1
}`;
}

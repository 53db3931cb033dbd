/**
 * What the janitor runs: a POSIX shell script that reads lines until its input ends, which is when the gateway dies.
 *
 *     =<owner>                 processes with this owner's marker are to die as well
 *     +<group> <start time>    a process group, and when its leader started
 *     -<group>                 a group that is gone
 *     .                        nothing more to guard: exit and kill nothing
 *
 * A line that was cut off by the end is not acted upon. A group dies unless its number has been given to another
 * process. A marker has to match a whole variable; the scan goes on until three rounds in a row found nothing, because
 * what is being killed may fork.
 */
export const janitorScript = `
trap '' TERM INT HUP
newline='
'
groups= markers=
while IFS= read -r line; do
  case $line in
  =*) markers="$markers\${markers:+$newline}OMG_OWNER=\${line#=}" ;;
  +*) set -- \${line#+}; groups="$groups $1:$2" ;;
  -*)
    kept=
    for group in $groups; do
      [ "\${group%:*}" = "\${line#-}" ] || kept="$kept $group"
    done
    groups=$kept ;;
  .) exit 0 ;;
  esac
done
for group in $groups; do
  pid=\${group%:*}
  [ "$pid" -gt 1 ] || continue
  stat=$(cat "/proc/$pid/stat" 2>/dev/null)
  if [ -n "$stat" ]; then
    set -- \${stat##*) }
    [ "\${20}" = "\${group#*:}" ] || continue
  fi
  kill -s KILL -- "-$pid" 2>/dev/null
done
[ -n "$markers" ] && [ -r /proc/self/environ ] || exit 0
rounds=0 quiet=0
while [ "$rounds" -lt 30 ] && [ "$quiet" -lt 3 ]; do
  rounds=$((rounds + 1)) quiet=$((quiet + 1))
  for file in $(grep -lszxF -e "$markers" /proc/[0-9]*/environ); do
    pid=\${file#/proc/}
    kill -s KILL "\${pid%/environ}" 2>/dev/null
    quiet=0
  done
  sleep 0.1
done
`;

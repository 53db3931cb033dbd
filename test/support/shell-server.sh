# An MCP server in plain sh: it starts in a millisecond, so that hundreds of them cost little. Its one tool answers with
# the argument `text`. By variables of its environment:
#   STARTS=FILE      appends its pid at its start
#   DIES=AT          at the end of the handshake if AT is "ready", else having read that many bytes after its list
#   DIES_ONCE=FILE   … only while this file is not there, which it then makes
#   CALLS=FILE       appends the text of every call before it is answered
#   ANSWERS=BYTES    dies after so many bytes of its first answer to a call
: "${DIES_ONCE=}" "${DIES=}" "${ANSWERS=}"
if [ -n "$STARTS" ]; then echo $$ >> "$STARTS"; fi
if [ -n "$DIES_ONCE" ]; then
  if [ -e "$DIES_ONCE" ]; then DIES= ANSWERS=; else : > "$DIES_ONCE"; fi
fi

die() { kill -9 $$; }

while read -r line; do
  case $line in *'"id":'*) id=${line#*'"id":'} id=${id%%[,\}]*} ;; *) id= ;; esac
  text=
  case $line in
    *'"method":"notifications/initialized"'*)
      if [ "$DIES" = ready ]; then die; fi
      continue ;;
    *'"method":"initialize"'*)
      result='"result":{"protocolVersion":"2025-11-25","capabilities":{"tools":{"listChanged":true}},"serverInfo":{"name":"shell","version":"1"}}' ;;
    *'"method":"tools/list"'*)
      result='"result":{"tools":[{"name":"echo","inputSchema":{"type":"object"}}]}' ;;
    *'"method":"tools/call"'*)
      case $line in *'"text":"'*) text=${line#*'"text":"'} text=${text%%'"'*} ;; esac
      if [ -n "$CALLS" ]; then echo "$text" >> "$CALLS"; fi
      result="\"result\":{\"content\":[{\"type\":\"text\",\"text\":\"$text\"}]}" ;;
    *'"method":"ping"'*) result='"result":{}' ;;
    *) result='"error":{"code":-32601,"message":"Method not found"}' ;;
  esac
  if [ -z "$id" ]; then continue; fi
  answer="{\"jsonrpc\":\"2.0\",\"id\":$id,$result}"
  if [ -n "$ANSWERS" ] && [ -n "$text" ]; then printf "%.${ANSWERS}s" "$answer"; die; fi
  printf '%s\n' "$answer"
  case $line in *'"method":"tools/list"'*) if [ -n "$DIES" ]; then head -c "$DIES" > /dev/null; die; fi ;; esac
done

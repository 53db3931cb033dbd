import type { Phase, Reason } from "../runtime/errors.ts";

/** What holds for every error of one reason. */
export interface ReasonInfo {
  /** JSON-RPC error code; what the gateway mints is -31000 and below. */
  readonly code: number;
  /** HTTP status on REST routes. MCP routes answer 200 with the JSON-RPC error unless the request itself was bad. */
  readonly status: number;
  /** Where on its way a call fails so, unless the error itself knows better. */
  readonly phase: Phase;
  /** Whether the same request may succeed later. */
  readonly retryable: boolean;
  /** When it happens, in one sentence. */
  readonly when: string;
  /** What the reader of the error can do about it, in Markdown. */
  readonly fix: string;
}

/** The error contract: every reason, once. */
export const reasons = {
  parse_error: {
    code: -32700,
    status: 400,
    phase: "route",
    retryable: false,
    when: "The message is not valid JSON.",
    fix: "Send one JSON-RPC message in UTF-8. On stdio, one message a line, and nothing else on stdout.",
  },
  invalid_request: {
    code: -32600,
    status: 400,
    phase: "route",
    retryable: false,
    when: "The JSON is not one JSON-RPC 2.0 message, or is nested too deep, or breaks the session's rules.",
    fix: "The message says which rule. Over HTTP the usual one is a missing session: send `initialize` first, then its `Mcp-Session-Id` with every request.",
  },
  method_not_found: {
    code: -32601,
    status: 200,
    phase: "route",
    retryable: false,
    when: "Nothing here answers this method.",
    fix: "Check the method's name. On `/mcp` the methods of MCP are answered; `/servers/ID/mcp` passes unknown ones on to the server.",
  },
  bad_params: {
    code: -32602,
    status: 200,
    phase: "route",
    retryable: false,
    when: "A parameter is missing or of the wrong kind.",
    fix: "The message names the parameter. For a server with `scope: session`: use it through a session, it can not be started or warmed by hand.",
  },
  header_mismatch: {
    code: -32020,
    status: 400,
    phase: "route",
    retryable: false,
    when: "A header of a request in revision 2026-07-28 is missing, or says something else than the body.",
    fix: "Send `MCP-Protocol-Version`, `Mcp-Method`, where the method has a name or URI `Mcp-Name`, and for arguments that the tool marks with `x-mcp-header` `Mcp-Param-…`, with the values of the body. After a change of the tool: ask for `tools/list` again.",
  },
  missing_capability: {
    code: -32021,
    status: 400,
    phase: "route",
    retryable: false,
    when: "The server needs something of the client that the client has not declared.",
    fix: "`data.requiredCapabilities` says what. Declare it in the request's client capabilities, if the client has it.",
  },
  unsupported_version: {
    code: -32022,
    status: 400,
    phase: "route",
    retryable: false,
    when: "The request is in a revision of MCP that the gateway does not speak.",
    fix: "Use one of `data.supported`.",
  },
  unknown_tool: {
    code: -32602,
    status: 200,
    phase: "route",
    retryable: false,
    when: "No server offers a tool of this name.",
    fix: "List the tools again: the server may have changed what it offers. On `/mcp` a tool is called `server__tool`. A server that does not start offers nothing; `omg list` says why.",
  },
  unknown_prompt: {
    code: -32602,
    status: 200,
    phase: "route",
    retryable: false,
    when: "No server offers a prompt of this name.",
    fix: "List the prompts again. On `/mcp` a prompt is called `server__prompt`.",
  },
  unknown_resource: {
    code: -32002,
    status: 200,
    phase: "route",
    retryable: false,
    when: "No server lists this URI or has a template for it.",
    fix: "List the resources again, and take the URI from there.",
  },
  server_unknown: {
    code: -31013,
    status: 404,
    phase: "route",
    retryable: false,
    when: "The catalog has no server of this id.",
    fix: "`omg list` shows the ids. The catalog may have been edited, or the gateway may run with another one: `omg config`.",
  },
  server_disabled: {
    code: -31013,
    status: 502,
    phase: "route",
    retryable: false,
    when: "The catalog entry of this server is not usable; the message says why.",
    fix: "`omg validate` names the line. Correct it; the gateway picks the change up.",
  },
  config_invalid: {
    code: -31015,
    status: 500,
    phase: "route",
    retryable: false,
    when: "The configuration was refused.",
    fix: "`omg validate` shows every problem with its line. A running gateway keeps the catalog that it has until the file is valid.",
  },
  unsafe_bind: {
    code: -31015,
    status: 500,
    phase: "route",
    retryable: false,
    when: "The gateway was asked to listen beyond this machine without a credential.",
    fix: "Listen on `localhost`, or set `api_key` or `MCP_GATEWAY_API_KEY`.",
  },
  port_in_use: {
    code: -31015,
    status: 500,
    phase: "route",
    retryable: false,
    when: "Another process listens on this address.",
    fix: "`omg status` says whether it is a gateway of yours. Stop it, or take another port with `--listen-addr`.",
  },
  gateway_unreachable: {
    code: -31017,
    status: 502,
    phase: "route",
    retryable: true,
    when: "No gateway answers at the URL, or it refuses the credential.",
    fix: "Start it with `omg serve`. If it listens elsewhere, name it with `--url`.",
  },
  upstream_start_failed: {
    code: -31005,
    status: 502,
    phase: "start",
    retryable: true,
    when: "The server did not become ready; the message holds its last words.",
    fix: "The message and `detail` say what failed. Run the command of the entry by hand. If it only needs longer, run `omg warm ID` once or raise `start_timeout_seconds`.",
  },
  runtime_unavailable: {
    code: -31005,
    status: 503,
    phase: "start",
    retryable: true,
    when: "The place where the server would run, such as a Docker engine, does not answer.",
    fix: "Start it, or correct the address that the message names. It counts as no failure of the server: the first call after a second, or after `retryAfterMs`, tries again.",
  },
  upstream_backoff: {
    code: -31006,
    status: 502,
    phase: "start",
    retryable: true,
    when: "The server failed a moment ago, or asks to be left alone; it is not asked again before retryAfterMs is over.",
    fix: "Repair what the message says; the next try comes by itself, or at once after an edit of the entry.",
  },
  upstream_closed: {
    code: -31000,
    status: 502,
    phase: "call",
    retryable: true,
    when: "The server went away while the call was in flight.",
    fix: "`executed` says whether the call may have run: repeat it only if it is `no`, or if running twice does no harm. The log has the server's last words.",
  },
  upstream_timeout: {
    code: -31001,
    status: 504,
    phase: "call",
    retryable: true,
    when: "The server sent neither an answer nor progress in time.",
    fix: "The call may have run. Raise `request_timeout_seconds`, or let the server report progress: each report starts the time anew, up to ten minutes.",
  },
  upstream_protocol_error: {
    code: -31009,
    status: 502,
    phase: "call",
    retryable: false,
    when: "The server answered with something that is not MCP, or flooded the gateway with messages.",
    fix: "A fault of the server, or no MCP server at all. Look at its output with `--log-level debug`.",
  },
  upstream_auth_required: {
    code: -31012,
    status: 502,
    phase: "call",
    retryable: false,
    when: "A remote server wants a credential, or refuses the one it gets.",
    fix: "`omg login ID` if the entry has `auth`. Else check its `headers`: the token may be missing, have expired, or not be allowed to do this.",
  },
  message_too_large: {
    code: -31010,
    status: 413,
    phase: "route",
    retryable: false,
    when: "A message is over the size limit.",
    fix: "Pass large data by a file or a URL. A request over HTTP may have 4 MiB.",
  },
  overloaded: {
    code: -31007,
    status: 503,
    phase: "route",
    retryable: true,
    when: "A limit is reached (calls in flight, waiting callers, unread bytes, memory, open files); `detail` says which.",
    fix: "Wait `retryAfterMs` and try again. `max_connections_per_server` sets the limit of one server; [the others](http-api.md#limits) are fixed.",
  },
  draining: {
    code: -31008,
    status: 503,
    phase: "stop",
    retryable: true,
    when: "The gateway is shutting down.",
    fix: "Try again when the gateway is back.",
  },
  tool_definition_changed: {
    code: -31014,
    status: 200,
    phase: "route",
    retryable: false,
    when: "The server has `pins: block`, and the tool is not as it was pinned.",
    fix: "`omg pin --diff ID` shows what differs; `data` has the tool, its pinned hash (`oldHash`) and the present one (`newHash`). If you trust it, `omg pin --approve ID`; the gateway picks that up. Where nothing was pinned yet: `omg pin ID`.",
  },
  cancelled: {
    code: -31016,
    status: 200,
    phase: "call",
    retryable: true,
    when: "The caller cancelled the request.",
    fix: "Nothing; the call may have run.",
  },
  internal: {
    code: -32603,
    status: 500,
    phase: "call",
    retryable: false,
    when: "A fault of the gateway.",
    fix: 'Look for `correlationId` or "Internal error" in the log, and report it.',
  },
} as const satisfies Record<Reason, ReasonInfo>;

/** What is known of a reason. One that a newer package brought counts as `internal`. */
export function reasonInfo(reason: string): ReasonInfo {
  return Object.hasOwn(reasons, reason) ? reasons[reason as Reason] : reasons.internal;
}

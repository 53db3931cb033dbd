import type { Reason } from "../runtime/errors.ts";

export interface ReasonInfo {
  /** JSON-RPC error code; what the gateway mints is -31000 and below. */
  readonly code: number;
  /** HTTP status on REST routes. MCP routes answer 200 with the JSON-RPC error unless the request itself was bad. */
  readonly status: number;
  /** Whether the same request may succeed later. */
  readonly retryable: boolean;
  /** When it happens, in one sentence. */
  readonly when: string;
}

/** The error contract: every reason, once. */
export const reasons = {
  parse_error: { code: -32700, status: 400, retryable: false, when: "The message is not valid JSON." },
  invalid_request: {
    code: -32600,
    status: 400,
    retryable: false,
    when: "The JSON is not one JSON-RPC 2.0 message, or is nested too deep, or breaks the session's rules.",
  },
  method_not_found: {
    code: -32601,
    status: 200,
    retryable: false,
    when: "Nothing here answers this method.",
  },
  bad_params: {
    code: -32602,
    status: 200,
    retryable: false,
    when: "A parameter is missing or of the wrong kind.",
  },
  unknown_tool: {
    code: -32602,
    status: 200,
    retryable: false,
    when: "No server offers a tool of this name.",
  },
  unknown_prompt: {
    code: -32602,
    status: 200,
    retryable: false,
    when: "No server offers a prompt of this name.",
  },
  unknown_resource: {
    code: -32002,
    status: 200,
    retryable: false,
    when: "No server lists this URI or has a template for it.",
  },
  server_unknown: {
    code: -31013,
    status: 404,
    retryable: false,
    when: "The catalog has no server of this id.",
  },
  server_disabled: {
    code: -31013,
    status: 502,
    retryable: false,
    when: "The catalog entry of this server is not usable; the message says why.",
  },
  config_invalid: { code: -31015, status: 500, retryable: false, when: "The configuration was refused." },
  unsafe_bind: {
    code: -31015,
    status: 500,
    retryable: false,
    when: "The gateway was asked to listen beyond this machine without a credential.",
  },
  port_in_use: {
    code: -31015,
    status: 500,
    retryable: false,
    when: "Another process listens on this address.",
  },
  gateway_unreachable: {
    code: -31017,
    status: 502,
    retryable: true,
    when: "No gateway answers at the URL, or it refuses the credential.",
  },
  upstream_start_failed: {
    code: -31005,
    status: 502,
    retryable: true,
    when: "The server did not become ready; the message holds its last words.",
  },
  upstream_backoff: {
    code: -31006,
    status: 502,
    retryable: true,
    when: "The server failed a moment ago; it is not tried again before retryAfterMs is over.",
  },
  upstream_closed: {
    code: -31000,
    status: 502,
    retryable: true,
    when: "The server went away while the call was in flight.",
  },
  upstream_timeout: {
    code: -31001,
    status: 504,
    retryable: true,
    when: "The server sent neither an answer nor progress in time.",
  },
  upstream_protocol_error: {
    code: -31009,
    status: 502,
    retryable: false,
    when: "The server answered with something that is not MCP.",
  },
  message_too_large: {
    code: -31010,
    status: 413,
    retryable: false,
    when: "A message is over the size limit.",
  },
  overloaded: {
    code: -31007,
    status: 503,
    retryable: true,
    when: "A limit is reached (calls in flight, waiting callers, unread bytes); detail says which.",
  },
  draining: { code: -31008, status: 503, retryable: true, when: "The gateway is shutting down." },
  cancelled: { code: -31016, status: 200, retryable: true, when: "The caller cancelled the request." },
  internal: { code: -32603, status: 500, retryable: false, when: "A fault of the gateway." },
} as const satisfies Record<Reason, ReasonInfo>;

/** What is known of a reason. One that a newer package brought counts as `internal`. */
export function reasonInfo(reason: string): ReasonInfo {
  return Object.hasOwn(reasons, reason) ? reasons[reason as Reason] : reasons.internal;
}

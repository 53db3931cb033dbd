/** What one client, and all of them together, may take up. */
export interface HttpLimits {
  /** Connections open at once, over all addresses; further ones are closed at once. Default 2 048. */
  readonly connections: number;
  /** Milliseconds for the head of a request. Default 10 seconds. */
  readonly headersMs: number;
  /** Milliseconds for a request as a whole. Default 30 seconds. */
  readonly requestMs: number;
  /** Bytes of a request body. Default 4 MiB. */
  readonly bodyBytes: number;
  /** Messages in one batch. Default 100. */
  readonly batchMessages: number;
  /** Sessions open at once. Default 5 000. */
  readonly sessions: number;
  /** Event streams open at once that a GET asked for. Default 1 000. */
  readonly streams: number;
  /** Milliseconds a session lives without a request, a call in flight or an open stream. Default 30 minutes. */
  readonly sessionIdleMs: number;
  /** Milliseconds a session lives at most. Default 24 hours. */
  readonly sessionAgeMs: number;
  /** Milliseconds of silence after which a waiting client gets a sign of life. Default 15 seconds. */
  readonly keepAliveMs: number;
  /** Bytes that may wait for a slow reader of an event stream. Default 1 MiB. */
  readonly queueBytes: number;
  /** Milliseconds a client may take nothing of an answer, and an event stream may stay over `queueBytes`. Default 30 seconds. */
  readonly stallMs: number;
  /** Events of one stream that are kept for a client that was cut off; answers are kept beyond that. Default 1 000. */
  readonly resumeEvents: number;
  /** Bytes of them. Default 1 MiB. */
  readonly resumeBytes: number;
  /** Bytes kept for one session, answers included, but for the last one. Default 4 MiB. */
  readonly resumeSessionBytes: number;
  /** Bytes kept for all sessions; beyond, a session keeps the last answer only. Default 64 MiB. */
  readonly resumeTotalBytes: number;
  /** Milliseconds an answer is kept that could not be sent. Default 5 minutes. */
  readonly resumeMs: number;
  /** Milliseconds an answer is kept that was sent, but may not have arrived. Default 30 seconds. */
  readonly resumeSentMs: number;
  /** Milliseconds after which clients are told to come back. Default 1 second. */
  readonly retryMs: number;
  /** Requests to one client that wait for its event stream. Default 32. */
  readonly heldRequests: number;
}

export const defaultLimits: HttpLimits = {
  connections: 2_048,
  headersMs: 10_000,
  requestMs: 30_000,
  bodyBytes: 4 * 1024 * 1024,
  batchMessages: 100,
  sessions: 5_000,
  streams: 1_000,
  sessionIdleMs: 30 * 60_000,
  sessionAgeMs: 24 * 60 * 60_000,
  keepAliveMs: 15_000,
  queueBytes: 1024 * 1024,
  stallMs: 30_000,
  resumeEvents: 1_000,
  resumeBytes: 1024 * 1024,
  resumeSessionBytes: 4 * 1024 * 1024,
  resumeTotalBytes: 64 * 1024 * 1024,
  resumeMs: 5 * 60_000,
  resumeSentMs: 30_000,
  retryMs: 1_000,
  heldRequests: 32,
};

/** What else Node's HTTP server allows; none of its own defaults is relied on. */
export const serverSettings = {
  keepAliveTimeout: 65_000,
  connectionsCheckingInterval: 1_000,
  maxHeaderSize: 16 * 1024,
  // The guard does, of whatever version the request is.
  requireHostHeader: false,
  keepAlive: true,
  keepAliveInitialDelay: 15_000,
} as const;

export const maxHeaders = 100;

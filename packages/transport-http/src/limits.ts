/** What one client, and all of them together, may take up. */
export interface HttpLimits {
  /** Bytes of a request body. Default 4 MiB. */
  readonly bodyBytes: number;
  /** Messages in one batch. Default 100. */
  readonly batchMessages: number;
  /** Sessions open at once. Default 5 000. */
  readonly sessions: number;
  /** Standalone event streams open at once. Default 1 000. */
  readonly streams: number;
  /** Milliseconds a session lives without a request, a call in flight or an open stream. Default 30 minutes. */
  readonly sessionIdleMs: number;
  /** Milliseconds a session lives at most. Default 24 hours. */
  readonly sessionAgeMs: number;
  /** Milliseconds of silence after which a waiting client gets a sign of life. Default 15 seconds. */
  readonly keepAliveMs: number;
  /** Bytes that may wait for a slow reader of an event stream. Default 1 MiB. */
  readonly queueBytes: number;
  /** Milliseconds an event stream may stay over `queueBytes`. Default 30 seconds. */
  readonly stallMs: number;
}

export const defaultLimits: HttpLimits = {
  bodyBytes: 4 * 1024 * 1024,
  batchMessages: 100,
  sessions: 5_000,
  streams: 1_000,
  sessionIdleMs: 30 * 60_000,
  sessionAgeMs: 24 * 60 * 60_000,
  keepAliveMs: 15_000,
  queueBytes: 1024 * 1024,
  stallMs: 30_000,
};

/** What Node's HTTP server allows; none of its own defaults is relied on. */
export const serverSettings = {
  headersTimeout: 10_000,
  requestTimeout: 30_000,
  keepAliveTimeout: 65_000,
  connectionsCheckingInterval: 1_000,
  maxHeaderSize: 16 * 1024,
  keepAlive: true,
  keepAliveInitialDelay: 15_000,
} as const;

export const maxConnections = 2_048;
export const maxHeaders = 100;

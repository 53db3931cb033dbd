/** What the front tells about itself; it logs nothing. */
export type HttpEvent =
  /** A fault of the gateway: the client got 500. */
  | { readonly type: "http-error"; readonly error: unknown }
  /** An event stream was cut because its client did not read. */
  | { readonly type: "http-stream-stalled"; readonly session: string | undefined }
  /** All connections are taken, and further ones are closed. Told once a minute at most. */
  | { readonly type: "http-connections-full"; readonly limit: number };
